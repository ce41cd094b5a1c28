//! An authenticator that makes and uses passkeys (WebAuthn Level 2 §6), as a person's device does.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const ES256: u8 = 0x26;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// A device with one passkey.
pub struct Device {
    key: EcdsaKeyPair,
    /// Where the browser says it is.
    pub origin: String,
    /// Whether it checks who is holding it.
    pub verifies_user: bool,
    /// What its counter shows.
    pub sign_count: u32,
}

impl Device {
    /// A device whose browser is at `origin`.
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self { key, origin: origin.to_owned(), verifies_user: true, sign_count: 0 }
    }

    /// A new passkey, as `navigator.credentials.create` answers.
    pub fn create(&self, options: &Value) -> Value {
        let public = &options["publicKey"];
        let client_data = self.client_data("webauthn.create", public);
        let id = public["rp"]["id"].as_str().expect("a relying party");
        let mut data = self.data(id, HAS_CREDENTIAL);
        let credential = self.credential_id();
        data.extend([0; 16]);
        data.extend(u16::try_from(credential.len()).expect("short").to_be_bytes());
        data.extend(&credential);
        data.extend(self.cose_key());
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(&data);
        self.answer(&json!({
            "clientDataJSON": stdx::base64url(client_data.as_bytes()),
            "attestationObject": stdx::base64url(&object),
        }))
    }

    /// That the device has its passkey, as `navigator.credentials.get` answers.
    pub fn get(&mut self, options: &Value) -> Value {
        let public = &options["publicKey"];
        let client_data = self.client_data("webauthn.get", public);
        self.sign_count += 1;
        let data = self.data(public["rpId"].as_str().expect("a relying party"), 0);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.answer(&json!({
            "clientDataJSON": stdx::base64url(client_data.as_bytes()),
            "authenticatorData": stdx::base64url(&data),
            "signature": stdx::base64url(signature.as_ref()),
        }))
    }

    fn answer(&self, response: &Value) -> Value {
        let id = stdx::base64url(&self.credential_id());
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        })
    }

    fn client_data(&self, kind: &str, public: &Value) -> String {
        let challenge = &public["challenge"];
        let origin = &self.origin;
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false })
            .to_string()
    }

    /// WebAuthn Level 2 §6.1, up to where the credential begins.
    fn data(&self, relying_party: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies_user { USER_VERIFIED } else { 0 };
        let mut data = digest(&SHA256, relying_party.as_bytes()).as_ref().to_vec();
        data.push(flags | USER_PRESENT | verified);
        data.extend(self.sign_count.to_be_bytes());
        data
    }

    fn credential_id(&self) -> Vec<u8> {
        digest(&SHA256, self.key.public_key().as_ref()).as_ref()[..16].to_vec()
    }

    /// The public key as RFC 8152 §13.1.1 writes it.
    fn cose_key(&self) -> Vec<u8> {
        let point = &self.key.public_key().as_ref()[1..];
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, ES256, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[..32]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[32..]);
        key
    }
}
