"""People, hospital stays and referrals, and the interface that staff use."""
