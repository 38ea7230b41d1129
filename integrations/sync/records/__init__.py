"""What the engine writes down: links, the operation log, the mutex of an e-mail, remarks."""
