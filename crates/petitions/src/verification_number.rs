//! Document verification numbers (문서확인번호), unique without a lookup.

use std::{fmt, str::FromStr};

use crate::text::{FormatError, stored_as_text};

/// The number by which anybody can verify a document: 16 digits, shown `1234-5678-9012-3456`.
///
/// Numbers do not look consecutive, but the scrambling is no secret: a number is a proof only
/// together with the petitioner's key.
///
/// ```
/// use minwon_petitions::VerificationNumber;
/// let number = VerificationNumber::assign(17, 42)?;
/// assert_eq!(number.to_string().replace('-', "").parse(), Ok(number));
/// # Ok::<(), minwon_petitions::AssignError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerificationNumber(u64);

/// Why no number could be assigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignError {
    /// Offices have two digits.
    #[error("office {office} has no verification numbers; offices are 0 to 99")]
    Office {
        /// The office.
        office: u8,
    },
    /// An office has 10^14 numbers.
    #[error("sequence {sequence} is over the last verification number of an office, 10^14 - 1")]
    Sequence {
        /// The sequence number.
        sequence: u64,
    },
}

/// One half of the scrambled digits: 10^7.
const HALF: u64 = 10_000_000;
/// Numbers per office: 14 digits.
const PER_OFFICE: u64 = HALF * HALF;
const OFFICES: u64 = 100;

/// One constant per round: the first fractional digits of the square roots of 2, 3, 5 and 7.
/// Frozen: another constant would assign numbers that are already in use.
const ROUNDS: [u64; 4] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
];

impl VerificationNumber {
    /// The number of document `sequence` of `office`: two digits of office, then fourteen that
    /// scramble the sequence one to one. Two documents of one office differ as long as their
    /// sequence numbers do, for example their positions in the log.
    ///
    /// # Errors
    /// [`AssignError`] where `office` is over 99, or `sequence` over 10^14 - 1.
    pub fn assign(office: u8, sequence: u64) -> Result<Self, AssignError> {
        if u64::from(office) >= OFFICES {
            return Err(AssignError::Office { office });
        }
        if sequence >= PER_OFFICE {
            return Err(AssignError::Sequence { sequence });
        }
        Ok(Self(u64::from(office) * PER_OFFICE + scramble(sequence)))
    }

    /// The number as lists show it, `1234-****-****-3456`: its holder knows which document is
    /// meant, and nobody else can ask about it.
    #[must_use]
    pub fn masked(self) -> String {
        let group = |power: u32| self.0 / 10_u64.pow(power) % 10_000;
        format!("{:04}-****-****-{:04}", group(12), group(0))
    }
}

/// A Feistel network: whatever the round function does, each round can be undone.
fn scramble(sequence: u64) -> u64 {
    let halves = (sequence / HALF, sequence % HALF);
    let (left, right) = ROUNDS.iter().fold(halves, |(left, right), &round| {
        (right, (left + mix(right, round)) % HALF)
    });
    left * HALF + right
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(half: u64, round: u64) -> u64 {
    let mut z = half.wrapping_add(round);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % HALF
}

impl fmt::Display for VerificationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |power: u32| self.0 / 10_u64.pow(power) % 10_000;
        write!(
            f,
            "{:04}-{:04}-{:04}-{:04}",
            group(12),
            group(8),
            group(4),
            group(0)
        )
    }
}

impl fmt::Debug for VerificationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationNumber({self})")
    }
}

impl FromStr for VerificationNumber {
    type Err = FormatError;

    /// Reads 16 digits with dashes anywhere or nowhere, as people copy them.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::new("verification number", "it must be 16 digits");
        let mut digits = 0;
        let mut number = 0;
        for character in text.chars().filter(|&c| c != '-') {
            let digit = character.to_digit(10).ok_or_else(shape)?;
            digits += 1;
            if digits > 16 {
                return Err(shape());
            }
            number = number * 10 + u64::from(digit);
        }
        if digits == 16 {
            Ok(Self(number))
        } else {
            Err(shape())
        }
    }
}

stored_as_text!(VerificationNumber);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unscramble(number: u64) -> u64 {
        let halves = (number / HALF, number % HALF);
        let (left, right) = ROUNDS.iter().rev().fold(halves, |(left, right), &round| {
            ((right + HALF - mix(left, round)) % HALF, left)
        });
        left * HALF + right
    }

    #[test]
    fn assigned_numbers_are_frozen() {
        // Documents carry them: changing the scrambling would assign some of them again.
        let number = |office, sequence| {
            VerificationNumber::assign(office, sequence)
                .unwrap()
                .to_string()
        };
        assert_eq!(number(0, 0), "0058-3187-6095-1908");
        assert_eq!(number(17, 1), "1710-2306-8611-4233");
        assert_eq!(number(99, PER_OFFICE - 1), "9957-6859-0942-0597");
    }

    #[test]
    fn an_office_has_no_numbers_beyond_its_digits() {
        assert_eq!(
            VerificationNumber::assign(100, 0),
            Err(AssignError::Office { office: 100 })
        );
        assert_eq!(
            VerificationNumber::assign(99, PER_OFFICE),
            Err(AssignError::Sequence {
                sequence: PER_OFFICE
            })
        );
    }

    #[test]
    fn a_masked_number_hides_eight_digits_and_reads_back_as_none() {
        let number: VerificationNumber = "0012-5678-9012-0006".parse().unwrap();
        assert_eq!(number.masked(), "0012-****-****-0006");
        assert!(number.masked().parse::<VerificationNumber>().is_err());
    }

    #[test]
    fn dashes_do_not_matter_and_all_else_does() {
        let number: VerificationNumber = "1234-5678-9012-3456".parse().unwrap();
        assert_eq!("1234567890123456".parse(), Ok(number));
        assert_eq!("12345-67890-123-456-".parse(), Ok(number));
        for bad in [
            "",
            "-",
            "1234-5678-9012-345",
            "1234-5678-9012-34567",
            "1234-5678-9012-345x",
            "１２３４-5678-9012-3456",
        ] {
            assert!(bad.parse::<VerificationNumber>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn scrambling_loses_nothing(sequence in 0..PER_OFFICE) {
            prop_assert!(scramble(sequence) < PER_OFFICE);
            prop_assert_eq!(unscramble(scramble(sequence)), sequence);
        }

        #[test]
        fn every_number_reads_back(office in 0_u8..100, sequence in 0..PER_OFFICE) {
            let number = VerificationNumber::assign(office, sequence).unwrap();
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(&number.to_string()[..2], &format!("{office:02}"));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "[0-9-]*|.*") {
            let _ = text.parse::<VerificationNumber>();
        }
    }
}
