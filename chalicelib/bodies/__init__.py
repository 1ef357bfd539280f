"""What may be sent: the shapes and limits of bodies, and how a fault in one is told."""
