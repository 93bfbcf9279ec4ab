//! Petitions that end without a decision, or with a document that nobody collects.
