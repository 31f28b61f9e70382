"""The policy room: the model, the default lines and the engine that decides, filters and explains."""
