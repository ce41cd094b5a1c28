//! `network_protection`: from where the project can be reached.

use crate::section::{choice, section};
use crate::text;

section! {
    /// Who gets in by address.
    pub struct NetworkProtection {
        ip_filter: IpFilter = IpFilter::default(),
    }

    /// The first rule that matches decides.
    pub struct IpFilter {
        default_action: IpFilterAction = IpFilterAction::default(),
        ..
        rules: Vec<IpFilterRule>,
    }

    /// One rule.
    #[schemars(extend("required" = ["action", "source"]))]
    pub struct IpFilterRule {
        name: String = String::new(),
        action: IpFilterAction = IpFilterAction::default(),
        source: IpFilterSource = IpFilterSource::default(),
    }

    /// Addresses by network or by country.
    pub struct IpFilterSource {
        ..
        #[schemars(with = "Vec<text::Cidr>")]
        cidrs: Vec<String>,
        #[schemars(with = "Vec<text::GeoCode>")]
        geo_location_codes: Vec<String>,
    }
}

choice! {
    /// In or out.
    pub enum IpFilterAction {
        Allow = "allow",
        Deny = "deny",
    }
}
