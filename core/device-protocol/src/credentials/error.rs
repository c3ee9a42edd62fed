//! Why a sign-in was refused, precise enough to tell the owner what to change.

use lianwu_model::UnixMillis;

use super::Method;

/// One of the three texts of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialField {
    ClientId,
    UserName,
    Password,
}

impl std::fmt::Display for CredentialField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ClientId => "client id",
            Self::UserName => "user name",
            Self::Password => "password",
        })
    }
}

/// A refused sign-in. The text is for the diagnostic log; it never contains a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Mostly a copy from a document or a serial terminal.
    #[error("{0} begins or ends with white space or a line end; remove it")]
    StraySpace(CredentialField),
    #[error("client id has {0} characters; it is the 10 of the ProductId followed by the DeviceName")]
    ClientIdTooShort(usize),
    #[error(
        "client id is not a ProductId (10 upper-case letters and digits) followed by a DeviceName (1 to 48 letters, \
         digits, ':', '_' or '-')"
    )]
    ClientIdForm,
    #[error("user name is missing")]
    UserNameMissing,
    #[error("user name does not begin with the client id and ';'")]
    ClientIdMismatch,
    #[error("user name is not 'ProductId DeviceName;sdkappid;connid;expiry' without the blank: {0}")]
    UserName(UserNameFault),
    #[error("password is missing")]
    PasswordMissing,
    #[error("password is not 'hex;hmacsha1' or 'hex;hmacsha256': {0}")]
    Password(PasswordFault),
    /// Cut to 32 characters.
    #[error("password names the unknown method '{0}'; use hmacsha1 or hmacsha256")]
    UnknownMethod(Box<str>),
    #[error(
        "{method} of the user name does not match: wrong device secret, or the secret was not base64-decoded before use"
    )]
    HmacMismatch { method: Method },
    /// Both in milliseconds: `now` is the server's clock, `expiry` what the device wrote.
    #[error(
        "credential expired at {} UNIX seconds, {} s before the server's clock; check the device's clock or use a later expiry",
        expiry.seconds(), now.0.saturating_sub(expiry.0) / 1000
    )]
    Expired { expiry: UnixMillis, now: UnixMillis },
}

/// What is wrong with a user name that begins with the client id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserNameFault {
    #[error("it has {0} parts instead of 4")]
    Parts(usize),
    #[error("sdkappid is not a number")]
    SdkAppId,
    #[error("expiry is not a decimal number")]
    ExpiryDigits,
    #[error("expiry has {0} digits; write the absolute time in UNIX seconds, 10 digits or more")]
    ExpiryLength(usize),
}

/// What is wrong with the form of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("it has no ';' before a method name (is it the device secret itself?)")]
    NoMethod,
    #[error("the part before the last ';' has {got} characters, {method} has {}", method.hex_len())]
    Length { method: Method, got: usize },
    #[error("the part before the last ';' is not hexadecimal")]
    NotHex,
    #[error("the part before ';rsa-sha256' is no signature in hexadecimal or base64")]
    Signature,
}
