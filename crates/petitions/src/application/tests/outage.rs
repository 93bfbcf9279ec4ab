//! What was taken on paper in an outage.
