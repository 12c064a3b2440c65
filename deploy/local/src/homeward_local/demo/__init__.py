"""Playing the demo: synthetic people, referrals by three ways in, and the whole journey."""
