"""The rules of the monitor: stays, watches and readmissions, without any database or broker."""
