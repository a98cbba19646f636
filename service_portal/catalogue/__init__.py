"""What the zone offers: services, their forms, promises and evidence, in versions."""
