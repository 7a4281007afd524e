"""The agent's side of cos_agent, by its own library: reads what a principal has told, and prints what it makes of it."""

import json
import sys
from unittest.mock import MagicMock

import ops
from charms.grafana_agent.v0.cos_agent import COSAgentRequirer
from ops import testing

told = json.load(sys.stdin)
heard = {"errors": []}


class Agent(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.tracing = MagicMock()
        self.tracing.is_ready.return_value = False
        self.agent = COSAgentRequirer(self)
        framework.observe(self.agent.on.data_changed, self._on_data_changed)
        framework.observe(self.agent.on.validation_error, self._on_validation_error)

    def _on_data_changed(self, _):
        heard["alerts"] = self.agent.metrics_alerts
        heard["logAlerts"] = self.agent.logs_alerts
        heard["jobs"] = self.agent.metrics_jobs
        heard["logs"] = [list(endpoint) for endpoint in self.agent.snap_log_endpoints]
        heard["dashboards"] = self.agent.dashboards

    def _on_validation_error(self, event):
        heard["errors"].append(event.message)


context = testing.Context(
    Agent,
    meta={
        "name": "agent",
        "subordinate": True,
        "requires": {"cos-agent": {"interface": "cos_agent", "scope": "container"}},
        "peers": {"peers": {"interface": "grafana_agent_replica"}},
    },
)
relation = testing.SubordinateRelation(
    "cos-agent", remote_app_name=told["application"], remote_unit_id=0, remote_unit_data=told["data"]
)
context.run(
    context.on.relation_changed(relation, remote_unit=0),
    testing.State(
        leader=True,
        relations=[relation, testing.PeerRelation("peers")],
        model=testing.Model(name=told["model"], uuid=told["uuid"]),
    ),
)
print(json.dumps(heard))
