"""Why a control came to what it did for one subject: its facts, where each came from, and the decision step by step."""
