"""What every firm starts with: kinds of documents, questions and case types, and the states of the United States."""
