//! Integers of 256 bits, as far as products of exact moments need them.

/// A product of two `u128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide {
    // The derived order compares this half first.
    high: u128,
    low: u128,
}

impl Wide {
    pub(super) fn product(a: u128, b: u128) -> Wide {
        let halves = |x: u128| (x >> 64, x & u128::from(u64::MAX));
        let ((a1, a0), (b1, b0)) = (halves(a), halves(b));
        // Three addends below 2^64 do not overflow.
        let middle = ((a0 * b0) >> 64) + halves(a1 * b0).1 + halves(a0 * b1).1;
        let high = a1 * b1 + ((a1 * b0) >> 64) + ((a0 * b1) >> 64) + (middle >> 64);
        Wide { high, low: a.wrapping_mul(b) }
    }

    pub(super) fn checked_sub(self, other: Wide) -> Option<Wide> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Wide { high, low })
    }

    pub(super) fn to_f64(self) -> f64 {
        const TWO_TO_128: f64 = (1_u128 << 127) as f64 * 2.0;
        self.high as f64 * TWO_TO_128 + self.low as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_pass_128_bits() {
        let square = Wide::product(u128::MAX, u128::MAX);
        assert_eq!(square, Wide { high: u128::MAX - 1, low: 1 });
        assert_eq!(Wide::product(u128::MAX, 2), Wide { high: 1, low: u128::MAX - 1 });
        assert_eq!(Wide::product(3, 5), Wide { high: 0, low: 15 });
    }

    #[test]
    fn differences_borrow_and_never_go_below_0() {
        let (big, one) = (Wide { high: 1, low: 0 }, Wide { high: 0, low: 1 });
        assert_eq!(big.checked_sub(one), Some(Wide { high: 0, low: u128::MAX }));
        assert_eq!(one.checked_sub(big), None);
        assert_eq!(big.to_f64(), 2.0_f64.powi(128));
    }
}
