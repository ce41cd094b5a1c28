//! Which flow of a kind a page runs (upstream's `authentication-flow-selection.md`).

use appconfig::AppConfig;
use appconfig::client::FlowReference;
use appconfig::flow::FlowKind;
use flow::FlowRef;

use crate::pending::Pending;

/// The name of a group or a flow when nobody chose one.
const DEFAULT: &str = "default";

/// The group that the application asked for, then what its client may start, then the default.
/// Whether the client may start it, the engine checks.
pub fn flow_for(config: &AppConfig, kind: FlowKind, pending: Option<&Pending>) -> FlowRef {
    let request = pending.map(|it| &it.session.request);
    let asked = request.and_then(|it| it.x.authentication_flow_group.as_deref());
    let client = request.and_then(|it| config.oauth.find_client(&it.client_id));
    let allowed = client.map(|it| &it.x_authentication_flow_allowlist);
    let listed = allowed.into_iter().flat_map(|it| &it.flows);
    let groups = allowed.into_iter().flat_map(|it| &it.groups).map(|it| it.name.as_str());
    let in_group = |name: &str| {
        let group = config.ui.authentication_flow.find_group(name);
        group.into_iter().flat_map(|it| &it.flows)
    };
    let found = asked
        .into_iter()
        .flat_map(in_group)
        .chain(listed)
        .chain(groups.flat_map(in_group))
        .chain(in_group(DEFAULT))
        .find(|it: &&FlowReference| it.kind == kind);
    FlowRef::new(kind, found.map_or(DEFAULT, |it| &it.name))
}
