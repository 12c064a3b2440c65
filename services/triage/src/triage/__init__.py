"""MDT cases, assessments and pathway decisions."""
