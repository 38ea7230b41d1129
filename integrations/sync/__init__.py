"""Us to them, exactly once in effect: intent → probe → act → confirm → reconcile. Start reading at `engine.py`."""
