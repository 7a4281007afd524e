"""The least charm: one event without a tool, one with a single one. minimal-charm.ts is the same for our framework."""

import ops


class MinimalCharm(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        framework.observe(self.on.start, self._on_start)
        framework.observe(self.on.config_changed, self._on_config_changed)

    def _on_start(self, event):
        pass

    def _on_config_changed(self, event):
        dict(self.config)


ops.main(MinimalCharm)
