"""The robots' side of the conversation: what they say of themselves, and how they are answered."""
