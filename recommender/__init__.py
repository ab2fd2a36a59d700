"""Floor 3, advises: rank, explain, plan, keep. May import models and features."""
