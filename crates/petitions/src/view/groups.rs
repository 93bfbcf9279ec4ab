//! Groups of open petitions: who is responsible for them, and what sort they are of.

use std::{fmt, str::FromStr};

use minwon_core::ActorId;

use super::petition::PetitionView;
use crate::{
    category::{Category, PetitionKind},
    text::{Agency, Department, FormatError},
    words::words,
};

words! {
    /// By what open petitions are grouped. Stored: the words never change.
    pub enum Grouping("grouping") {
        /// By the officer in charge (담당자).
        Officer = "officer",
        /// By the responsible department (처리주무부서).
        Department = "department",
        /// By their kind.
        Kind = "kind",
        /// By the agency that has them.
        Agency = "agency",
        /// By their category.
        Category = "category",
    }
}

/// A group of open petitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Those that an officer is in charge of.
    Officer(ActorId),
    /// Those that a department is responsible for. Departments of several agencies share names,
    /// so the agency belongs to it.
    Department {
        /// The agency.
        agency: Agency,
        /// Its department.
        department: Department,
    },
    /// Those of a kind.
    Kind(PetitionKind),
    /// Those that an agency has.
    Agency(Agency),
    /// Those of a category.
    Category(Category),
}

/// Between an agency and its department: no name holds one.
const SEPARATOR: char = '\t';

impl Group {
    /// By what it groups.
    #[must_use]
    pub const fn grouping(&self) -> Grouping {
        match self {
            Self::Officer(_) => Grouping::Officer,
            Self::Department { .. } => Grouping::Department,
            Self::Kind(_) => Grouping::Kind,
            Self::Agency(_) => Grouping::Agency,
            Self::Category(_) => Grouping::Category,
        }
    }

    /// Its name among those of its grouping, as it is stored.
    #[must_use]
    pub fn member(&self) -> String {
        match self {
            Self::Officer(officer) => officer.as_str().to_owned(),
            Self::Department { agency, department } => {
                format!("{agency}{SEPARATOR}{department}")
            }
            Self::Kind(kind) => kind.as_str().to_owned(),
            Self::Agency(agency) => agency.as_str().to_owned(),
            Self::Category(category) => category.as_str().to_owned(),
        }
    }

    /// The group with this name.
    ///
    /// # Errors
    /// [`FormatError`] where a grouping has no such names.
    pub fn of_member(grouping: Grouping, member: &str) -> Result<Self, FormatError> {
        let no_id = || FormatError::new("officer", "it must be an id");
        let no_department = || {
            let rule = "it must be an agency, a tab and a department";
            FormatError::new("group of petitions", rule)
        };
        Ok(match grouping {
            Grouping::Officer => Self::Officer(ActorId::stored(member).map_err(|_| no_id())?),
            Grouping::Department => {
                let (agency, department) =
                    member.split_once(SEPARATOR).ok_or_else(no_department)?;
                Self::Department {
                    agency: agency.parse()?,
                    department: department.parse()?,
                }
            }
            Grouping::Kind => Self::Kind(member.parse()?),
            Grouping::Agency => Self::Agency(member.parse()?),
            Grouping::Category => Self::Category(member.parse()?),
        })
    }
}

/// As text, as in `officer/officer-7`: the grouping, `/`, and the [name](Group::member) of the group.
impl serde::Serialize for Group {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}/{}", self.grouping(), self.member()))
    }
}

/// Reads the text that serde writes.
impl FromStr for Group {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::new("group", "it must be a grouping, `/` and a name");
        let (grouping, member) = text.split_once('/').ok_or_else(shape)?;
        Self::of_member(grouping.parse()?, member)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(officer) => f.write_str(officer.as_str()),
            Self::Department { agency, department } => write!(f, "{department}, {agency}"),
            Self::Kind(kind) => kind.fmt(f),
            Self::Agency(agency) => agency.fmt(f),
            Self::Category(category) => category.fmt(f),
        }
    }
}

impl PetitionView {
    /// The groups that it is in; none where it has ended.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        let open = self.filed().filter(|filed| !filed.status().is_end());
        let groups = open.map(|filed| {
            let agency = &filed.filing.agency;
            [
                filed.officer().cloned().map(Group::Officer),
                filed.case.as_ref().map(|case| Group::Department {
                    agency: agency.clone(),
                    department: case.department().clone(),
                }),
                Some(Group::Kind(filed.filing.kind)),
                Some(Group::Agency(agency.clone())),
                Some(Group::Category(self.category)),
            ]
        });
        groups.into_iter().flatten().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_read_back_from_their_names() {
        let agency: Agency = "서울특별시 종로구".parse().unwrap();
        let groups = [
            Group::Officer(ActorId::new("officer-1").unwrap()),
            Group::Department {
                agency: agency.clone(),
                department: "Roads, Parks, 2nd Division".parse().unwrap(),
            },
            Group::Kind(PetitionKind::Grievance),
            Group::Agency(agency),
            Group::Category(Category::Building),
        ];
        for (group, grouping) in groups.into_iter().zip(Grouping::ALL) {
            assert_eq!(group.grouping(), *grouping);
            assert_eq!(
                Group::of_member(*grouping, &group.member()).as_ref(),
                Ok(&group)
            );
            let text = serde_json::to_value(&group).unwrap();
            assert_eq!(text.as_str().unwrap().parse(), Ok(group), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_group_is_refused() {
        for (grouping, member) in [
            (Grouping::Officer, ""),
            (Grouping::Department, "Roads"),
            (Grouping::Department, "\tRoads"),
            (Grouping::Kind, "urgent"),
            (Grouping::Agency, ""),
            (Grouping::Category, "no-car"),
        ] {
            let read = Group::of_member(grouping, member);
            assert!(read.is_err(), "{grouping} {member:?}: {read:?}");
        }
        assert!("officer-7".parse::<Group>().is_err());
    }
}
