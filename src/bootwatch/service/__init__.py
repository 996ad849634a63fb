"""The service a team leaves running: doors, intake, sealing, schedules, and an end without loss."""
