//! The least isolation that a place puts up with: `"isolation": {"minimum": […]}` of the site file.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{Layer, Level, Shortfall};

/// One layer that has to be in force: `seccomp-tight`, or `landlock>=3` where versions matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Which one.
    pub layer: Layer,
    /// Its least version, where it has versions.
    pub version_min: Option<u32>,
}

/// Everything that has to be in force. The default carries the whole claim on every kernel that has Landlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimum(pub Vec<Requirement>);

impl Default for Minimum {
    fn default() -> Self {
        let plain = |layer| Requirement { layer, version_min: None };
        Self(vec![
            plain(Layer::FdsClosed),
            Requirement { layer: Layer::Landlock, version_min: Some(1) },
            plain(Layer::SeccompTight),
        ])
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.layer.word())?;
        self.version_min.map_or(Ok(()), |version| write!(formatter, ">={version}"))
    }
}

impl FromStr for Requirement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once(">=") {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let layer = Layer::ALL.into_iter().find(|layer| layer.word() == name).ok_or_else(|| {
            let words: Vec<&str> = Layer::ALL.iter().map(|layer| layer.word()).collect();
            format!("there is no layer `{}`; the layers are {}", name.escape_debug(), words.join(", "))
        })?;
        let version_min = match version {
            None => None,
            Some(_) if layer != Layer::Landlock => {
                return Err(format!("`{name}` has no versions; write it without `>=`"));
            }
            Some(version) => Some(
                version
                    .parse()
                    .ok()
                    .filter(|number| (1..=99).contains(number))
                    .ok_or_else(|| format!("`{}` is no version of Landlock, such as 1", version.escape_debug()))?,
            ),
        };
        Ok(Self { layer, version_min })
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Requirement {
    fn is_met_by(self, level: &Level) -> bool {
        let found = level.in_force.iter().find(|one| one.layer == self.layer);
        found
            .is_some_and(|found| self.version_min.is_none_or(|min| found.version.is_some_and(|version| version >= min)))
    }
}

impl Minimum {
    /// Whether a level is enough.
    ///
    /// # Errors
    /// Every layer that is missing, with the reason that the kernel gave.
    pub fn check(&self, level: &Level) -> Result<(), Shortfall> {
        let unmet = self.0.iter().filter(|requirement| !requirement.is_met_by(level));
        let unmet: Vec<String> =
            unmet.map(|requirement| format!("{requirement} ({})", why(*requirement, level))).collect();
        if unmet.is_empty() {
            return Ok(());
        }
        Err(Shortfall(format!(
            "the isolation here is less than this place asks for. Missing: {}. Run it on a kernel that has it, or let whoever is \
             responsible for this place lower `isolation.minimum` in the site file",
            unmet.join("; ")
        )))
    }
}

fn why(requirement: Requirement, level: &Level) -> String {
    if let Some(found) = level.in_force.iter().find(|one| one.layer == requirement.layer) {
        return format!("this kernel has {found}");
    }
    let missing = level.missing.iter().find(|(layer, _)| *layer == requirement.layer);
    missing.map_or_else(|| "it was left out".to_owned(), |(_, why)| why.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(layers: &[(Layer, Option<u32>)]) -> Level {
        let mut level = Level::default();
        for (layer, version) in layers {
            level.add(*layer, *version);
        }
        level
    }

    #[test]
    fn what_is_missing_is_named_with_the_reason() {
        let whole = [(Layer::FdsClosed, None), (Layer::Landlock, Some(2)), (Layer::SeccompTight, None)];
        assert_eq!(Minimum::default().check(&level(&whole)), Ok(()));
        let mut without = level(&[(Layer::FdsClosed, None), (Layer::SeccompTight, None)]);
        without.missing.push((Layer::Landlock, "it is built into this kernel and off at boot".to_owned()));
        let fault = Minimum::default().check(&without).expect_err("too little").0;
        assert!(fault.contains("landlock>=1 (it is built into this kernel and off at boot)"), "{fault}");
        let newer = Minimum(vec!["landlock>=4".parse().expect("a requirement")]);
        let fault = newer.check(&level(&whole)).expect_err("too old").0;
        assert!(fault.contains("landlock>=4 (this kernel has landlock=2)"), "{fault}");
        assert_eq!(Minimum(Vec::new()).check(&Level::default()), Ok(()), "a place may ask for nothing");
    }

    #[test]
    fn words_that_are_none_are_told() {
        for (text, part) in [
            ("selinux", "there is no layer `selinux`; the layers are fds-closed"),
            ("mdwe>=1", "has no versions"),
            ("landlock>=x", "no version of Landlock"),
            ("landlock>=0", "no version of Landlock"),
        ] {
            let fault = text.parse::<Requirement>().expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
        for text in ["fds-closed", "landlock>=3", "landlock", "seccomp-tight"] {
            assert_eq!(text.parse::<Requirement>().expect(text).to_string(), text);
        }
    }
}
