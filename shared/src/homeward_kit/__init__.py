"""What Homeward's services share and any NHS application could use: messaging, database, web, auth, telemetry."""
