//! Rules about flows: what refers to a flow or a group must find it.
//!
//! Steps that refer to steps are the engine's business: it says so when a flow is started,
//! so that one broken flow does not take the project down.

use std::collections::HashSet;

use crate::AppConfig;
use crate::client::FlowReference;
use crate::errors::Found;
use crate::flow::FlowKind;

/// The name under which the generated flow of each kind goes.
const GENERATED: &str = "default";

pub(super) fn groups(config: &AppConfig, found: &mut Found) {
    let groups = &config.ui.authentication_flow.groups;
    let mut names = HashSet::new();
    for (index, group) in groups.iter().enumerate() {
        let pointer = format!("/ui/authentication_flow/groups/{index}");
        if !names.insert(group.name.as_str()) {
            found.push(pointer, "duplicated", "another group has this name");
            continue;
        }
        for (at, flow) in group.flows.iter().enumerate() {
            if !is_defined(config, flow) {
                found.push(format!("{pointer}/flows/{at}"), "unknownFlow", "there is no such flow");
            }
        }
        if group.flows.iter().all(|flow| flow.kind != FlowKind::Login) {
            found.push(pointer, "noLoginFlow", "a group needs a login flow");
        }
    }
    for (index, client) in config.oauth.clients.iter().enumerate() {
        // The key lacks its `x_`: tools look for the error here.
        let pointer = format!("/oauth/clients/{index}/authentication_flow_allowlist");
        let allowlist = &client.x_authentication_flow_allowlist;
        for (at, group) in allowlist.groups.iter().enumerate() {
            if group.name != GENERATED && !names.contains(group.name.as_str()) {
                let pointer = format!("{pointer}/groups/{at}");
                found.push(pointer, "unknownGroup", "there is no such group");
            }
        }
        for (at, flow) in allowlist.flows.iter().enumerate() {
            if !is_defined(config, flow) {
                found.push(format!("{pointer}/flows/{at}"), "unknownFlow", "there is no such flow");
            }
        }
    }
}

fn is_defined(config: &AppConfig, flow: &FlowReference) -> bool {
    flow.name == GENERATED || config.authentication_flow.find_flow(flow.kind, &flow.name).is_some()
}
