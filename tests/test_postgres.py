"""The server that other tests rely on."""

import pytest
from tests.postgres import Postgres


def test_it_answers_to_the_password_and_to_nothing_else(postgres: Postgres, postgres_url: str) -> None:
    assert postgres.run(postgres_url, "SELECT '理赔', current_user") == f"理赔|{postgres.user}\n"
    with pytest.raises(AssertionError, match="password authentication failed"):
        postgres.run(postgres_url.replace(postgres.password, "wrong"), "SELECT 1")


def test_each_test_has_an_empty_database_of_its_own(postgres: Postgres, postgres_url: str) -> None:
    postgres.run(postgres_url, "CREATE TABLE mine (n int)")
    assert postgres.run(postgres.database(), "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == "0\n"
