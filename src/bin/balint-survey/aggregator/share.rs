//! One operator's share of a report, opened: it lives in memory only, and for as long as it is worked on.

use balint_survey::remote::Role;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::{self, Ciphertext};
use janus_messages::{
    ExtensionType, HpkeCiphertext, InputShareAad, PlaintextInputShare, ReportMetadata, TaskId,
};
use prio::codec::{Decode, Encode, ParameterizedDecode};
use prio::vdaf::Vdaf;
use prio::vdaf::prio3::Prio3SumVec;

use super::Operator;

/// What an operator works with; it prints nothing and is never kept.
pub struct Share {
    pub public: <Prio3SumVec as Vdaf>::PublicShare,
    pub input: <Prio3SumVec as Vdaf>::InputShare,
    /// Of the credential, where the task asks for one.
    pub fingerprint: Option<[u8; 32]>,
}

/// Why a share cannot be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareError {
    /// It is sealed for a key that this operator does not have.
    UnknownKey,
    /// It was changed, or sealed for something else.
    Sealed,
    /// It is no share of this task's length.
    Malformed,
    /// There is another extension, or there is none and one is asked for.
    Extensions,
    /// The credential is none of this task for this operator.
    Credential,
}

impl Operator {
    /// Opens this operator's share of a report.
    pub fn open_share(
        &self,
        metadata: &ReportMetadata,
        public: &[u8],
        sealed: &HpkeCiphertext,
    ) -> Result<Share, ShareError> {
        let plain = self.unseal(metadata, public, sealed)?;
        let plain = PlaintextInputShare::get_decoded(&plain).map_err(|_| ShareError::Malformed)?;
        let fingerprint = self.fingerprint(&plain)?;
        let place = usize::from(self.role == Role::Helper);
        let input = ParameterizedDecode::get_decoded_with_param(&(&self.vdaf, place), plain.payload());
        let public = ParameterizedDecode::get_decoded_with_param(&self.vdaf, public);
        let malformed = |_| ShareError::Malformed;
        Ok(Share { public: public.map_err(malformed)?, input: input.map_err(malformed)?, fingerprint })
    }

    fn unseal(
        &self,
        metadata: &ReportMetadata,
        public: &[u8],
        sealed: &HpkeCiphertext,
    ) -> Result<Vec<u8>, ShareError> {
        if u8::from(*sealed.config_id()) != self.keys.config.id() {
            return Err(ShareError::UnknownKey);
        }
        let aad = InputShareAad::new(TaskId::from(*self.task.id()), metadata.clone(), public.to_vec());
        let aad = aad.get_encoded().map_err(|_| ShareError::Malformed)?;
        let info = dap09::input_share_info(self.role);
        self.keys.private.open(&info, &aad, &ciphertext(sealed)).map_err(|_| ShareError::Sealed)
    }

    /// Returns the fingerprint of the credential that comes with a share.
    fn fingerprint(&self, plain: &PlaintextInputShare) -> Result<Option<[u8; 32]>, ShareError> {
        let credentials = &self.task.document().credentials;
        match (*credentials == Credentials::None, plain.extensions()) {
            (true, []) => Ok(None),
            (false, [one]) if *one.extension_type() == ExtensionType::Tbd => {
                let found = credentials.fingerprint(self.role, self.task.id(), one.extension_data());
                Ok(Some(found.map_err(|_| ShareError::Credential)?))
            }
            _ => Err(ShareError::Extensions),
        }
    }
}

fn ciphertext(sealed: &HpkeCiphertext) -> Ciphertext {
    Ciphertext {
        config_id: u8::from(*sealed.config_id()),
        encapsulated_key: sealed.encapsulated_key().to_vec(),
        payload: sealed.payload().to_vec(),
    }
}
