"""Backend adapters: how an effect becomes a call. `processor` is the contract; the rest are its built-in makers."""
