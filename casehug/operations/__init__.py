"""What the operator of the installation sees and does: state of every part, metrics, pause. No client data."""
