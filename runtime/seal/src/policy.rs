//! What a site asks of a release before it trusts it: which signatures, and how many people.
//!
//! A file of the site (`policy.json` among its anchors), never of a bundle. Whoever runs a command can ask for more than the
//! file does, and not for less.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Code, Refusal};

/// More reviewers than this are not asked for.
pub const REVIEWERS_MAX: u32 = 100;

/// Which signatures make a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// By OpenSSH, with Ed25519 or P-384, over SHA-512
    #[default]
    Default,
    /// P-384 (by OpenSSH, or in DER) and ML-DSA-87; no Ed25519
    Cnsa2,
}

/// What is asked of a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    #[serde(rename = "policy")]
    pub suite: Suite,
    /// So many people, each with a key of their own that is not the release's.
    pub reviewers: u32,
    /// A site has countersigned it.
    pub site: bool,
}

impl Policy {
    /// Reads the file's text. Faults go behind the file's name.
    pub fn read(text: &str) -> Result<Self, String> {
        let told = |fault: serde_json::Error| {
            format!(
                "is no `{{\"policy\": \"default\" or \"cnsa2\", \"reviewers\": N, \"site\": true or false}}`: {fault}"
            )
        };
        // An object, since a structure may be written as a list as well; the second reader tells keys that stand there twice.
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).map_err(told)?;
        let policy: Self = serde_json::from_str(text).map_err(told)?;
        if policy.reviewers > REVIEWERS_MAX {
            return Err(format!("asks for more than {REVIEWERS_MAX} reviewers"));
        }
        Ok(policy)
    }

    /// This policy, with what is asked for besides. Less than it asks for is a usage error, rather than left out in silence.
    pub fn tightened(self, suite: Option<Suite>, reviewers: Option<u32>, site: bool) -> Result<Self, Refusal> {
        let wanted = Self {
            suite: suite.unwrap_or(self.suite),
            reviewers: reviewers.unwrap_or(self.reviewers),
            site: site || self.site,
        };
        if wanted.suite < self.suite || wanted.reviewers < self.reviewers {
            let fault = format!("the anchors' policy.json asks for {self}, and the command line for less ({wanted})");
            return Err(Refusal::new(Code::Usage, fault));
        }
        Ok(wanted)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.suite {
            Suite::Default => "default",
            Suite::Cnsa2 => "cnsa2",
        })?;
        if self.reviewers > 0 {
            write!(formatter, " + {} reviewer{}", self.reviewers, if self.reviewers == 1 { "" } else { "s" })?;
        }
        formatter.write_str(if self.site { " + site" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, Suite};

    #[test]
    fn a_policy_can_be_tightened_and_not_loosened() {
        let site = Policy::read(r#"{"policy": "cnsa2", "reviewers": 1}"#).expect("is well formed");
        assert_eq!(site.to_string(), "cnsa2 + 1 reviewer");
        let tight = site.tightened(None, Some(2), true).expect("is more");
        assert_eq!(tight.to_string(), "cnsa2 + 2 reviewers + site");
        assert_eq!(site.tightened(Some(Suite::Cnsa2), None, false), Ok(site));
        site.tightened(Some(Suite::Default), None, false).expect_err("is less");
        site.tightened(None, Some(0), false).expect_err("is less");
        assert_eq!(Policy::read("{}"), Ok(Policy::default()));
        for bad in [
            "",
            "[]",
            r#"{"policy": "none"}"#,
            r#"{"reviewers": -1}"#,
            r#"{"reviewers": 1.0}"#,
            r#"{"reviewers": 101}"#,
            r#"{"reviewer": 1}"#,
            r#"{"site": true, "site": false}"#,
        ] {
            Policy::read(bad).expect_err(bad);
        }
    }
}
