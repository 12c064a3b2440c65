"""What the messaging tests run the sample service and the kit with."""
