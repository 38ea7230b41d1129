"""Looking for a write without an answer: opening the search, writing down what was found, the late sweeps."""
