//! Which token comes next: the likeliest one, or one that is drawn.

use super::super::Sampling;

/// Tokens that are less likely than the likeliest by more than this factor are never drawn: a small model's long tail holds
/// nothing but slips ("min-p sampling", Nguyen et al. 2024).
const LIKELIHOOD_MIN: f32 = 0.05;

/// Draws for one message.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    temperature: f32,
    state: u64,
}

impl Draw {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { temperature: sampling.temperature, state: sampling.seed }
    }

    /// The place of the next token among those that are allowed; the first of equals, so that the choice is repeatable. None
    /// if none is allowed.
    pub(super) fn next(&mut self, logits: &[f32], allowed: impl Fn(usize) -> bool) -> Option<usize> {
        let best = likeliest(logits, &allowed)?;
        if self.temperature <= 0.0 {
            return Some(best);
        }
        let most = logits[best];
        // In logits: exp((logit - most) / temperature) >= LIKELIHOOD_MIN.
        let least = most + self.temperature * LIKELIHOOD_MIN.ln();
        let likely: Vec<(usize, f64)> = logits
            .iter()
            .enumerate()
            .filter(|(place, logit)| **logit >= least && allowed(*place))
            .map(|(place, logit)| (place, f64::from((logit - most) / self.temperature).exp()))
            .collect();
        let mut left = self.unit() * likely.iter().map(|(_, weight)| weight).sum::<f64>();
        for (place, weight) in &likely {
            left -= weight;
            if left < 0.0 {
                return Some(*place);
            }
        }
        Some(best)
    }

    /// A number from 0 to below 1, with 53 bits of a SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
    /// generators", 2014).
    fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let unit = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }
}

fn likeliest(logits: &[f32], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    let mut best = None;
    let mut most = f32::NEG_INFINITY;
    for (place, &logit) in logits.iter().enumerate() {
        if logit > most && allowed(place) {
            (best, most) = (Some(place), logit);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1.0, 3.0, 3.0, 2.0, -9.0];

    #[test]
    fn without_temperature_the_first_of_the_likeliest_is_taken() {
        let mut draw = Draw::new(Sampling::default());
        assert_eq!(draw.next(&LOGITS, |_| true), Some(1));
        assert_eq!(draw.next(&LOGITS, |place| place != 1), Some(2));
        assert_eq!(draw.next(&LOGITS, |_| false), None);
    }

    #[test]
    fn drawing_follows_the_seed_the_mask_and_the_likelihoods() {
        let drawn = |seed| {
            let mut draw = Draw::new(Sampling { temperature: 1.0, seed });
            (0..4000).map(|_| draw.next(&LOGITS, |place| place != 2).expect("some are allowed")).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let counts = |place| drawn(7).iter().filter(|&&one| one == place).count();
        assert_eq!((counts(2), counts(4)), (0, 0), "what is not allowed, and what is far too unlikely");
        // e^0 : e^-1 : e^-2 of 4000.
        let expected = [(1, 2661), (3, 979), (0, 360)];
        for (place, expected) in expected {
            assert!(counts(place).abs_diff(expected) < 120, "{place}: {}", counts(place));
        }
    }
}
