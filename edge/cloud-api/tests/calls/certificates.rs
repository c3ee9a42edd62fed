//! Certificate products and authorities of accounts. Source: spec/cloud-api.md 2.4 and 2.11.

use lianwu_services::certificate::{proof_name, prove};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509Name};
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code, new_product};

fn seconds() -> i64 {
    i64::try_from(NOW.seconds()).unwrap()
}

/// An authority of an account; keys on a curve are made at once.
struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = key();
        Self { certificate: certificate(name, name, &key, &key, true), key }
    }

    fn pem(&self) -> String {
        pem(&self.certificate)
    }

    fn issue(&self, name: &str) -> String {
        let issuer = self.certificate.subject_name().entries().next().unwrap().data().to_string().unwrap();
        pem(&certificate(name, &issuer, &key(), &self.key, false))
    }

    fn parameters(&self, cloud: &Cloud, name: &str) -> Value {
        let proof = self.issue(&proof_name(cloud.owner.uin));
        json!({"CertName": name, "CertText": self.pem(), "VerifyCertText": proof})
    }
}

fn pem(certificate: &X509) -> String {
    String::from_utf8(certificate.to_pem().unwrap()).unwrap()
}

fn key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
}

fn certificate(name: &str, issuer: &str, key: &PKey<Private>, signer: &PKey<Private>, is_authority: bool) -> X509 {
    let named = |name: &str| {
        let mut builder = X509Name::builder().unwrap();
        builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
        builder.build()
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(0x1234).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&named(name)).unwrap();
    builder.set_issuer_name(&named(issuer)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(seconds() - 60).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(seconds() + 3_600).unwrap()).unwrap();
    let mut constraints = BasicConstraints::new();
    if is_authority {
        constraints.ca();
    }
    builder.append_extension(constraints.critical().build().unwrap()).unwrap();
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// A certificate product in a project of its own name.
async fn meter(cloud: &Cloud) -> String {
    let project = cloud.project("energy").await;
    let mut product = new_product(&project, "meter");
    product["EncryptionType"] = json!("1");
    let created = cloud.ok("CreateStudioProduct", product).await;
    assert_eq!(created["Product"]["EncryptionType"], "1");
    created["Product"]["ProductId"].as_str().unwrap().to_owned()
}

fn proven(cloud: &Cloud, pem: &Value) -> String {
    let der = X509::from_pem(pem.as_str().unwrap().as_bytes()).unwrap().to_der().unwrap();
    match prove(&cloud.platform, &[der]) {
        Ok(device) => device.name.to_string(),
        Err(refused) => refused.why.to_string(),
    }
}

/// Is the certificate shown whenever it is asked for, the private key once, and a secret never?
#[tokio::test]
async fn a_device_of_a_certificate_product_gets_a_certificate() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    let name = json!({"ProductId": product, "DeviceName": "m1"});
    let created = cloud.ok("CreateDevice", name.clone()).await["Data"].clone();
    assert_eq!((&created["DeviceName"], &created["DevicePsk"]), (&json!("m1"), &json!("")));
    assert!(created["DevicePrivateKey"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(proven(&cloud, &created["DeviceCert"]), "m1");

    let device = cloud.ok("DescribeDevice", name.clone()).await["Device"].clone();
    assert_eq!((&device["DeviceCert"], &device["DevicePsk"]), (&created["DeviceCert"], &json!("")));
    assert!(device.get("DevicePrivateKey").is_none());
    let list = cloud.ok("GetDeviceList", json!({"ProductId": product})).await;
    assert_eq!(list["Devices"][0]["DeviceCert"], "", "lists show neither key nor certificate");

    let authority = cloud.ok("DescribeProductCA", json!({"ProductId": product})).await["CAs"][0].clone();
    assert_eq!((&authority["CertName"], &authority["CreateTime"]), (&json!(""), &json!(NOW.seconds())));
    assert_eq!(authority["Subject"], "O=Lianwu, CN=Lianwu device authority");
    let text = X509::from_pem(authority["CertText"].as_str().unwrap().as_bytes()).unwrap();
    let shown = X509::from_pem(created["DeviceCert"].as_str().unwrap().as_bytes()).unwrap();
    assert!(shown.verify(&text.public_key().unwrap()).unwrap());
    let described = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await["Product"].clone();
    assert_eq!((&described["IsPrivateCA"], &described["CertText"]), (&json!(false), &json!("")));

    cloud.ok("UpdateDevicesEnableState", json!({"DevicesItems": [name.clone()], "Status": 0})).await;
    assert_eq!(proven(&cloud, &created["DeviceCert"]), "the device is disabled");
    cloud.ok("DeleteDevice", name).await;
    assert_eq!(proven(&cloud, &created["DeviceCert"]), format!("device m1 does not exist in product {product}"));
}

/// Does a new certificate take the place of the one on record, and does its private key stay a secret afterwards?
#[tokio::test]
async fn a_certificate_is_renewed() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    let name = json!({"ProductId": product, "DeviceName": "m1"});
    let created = cloud.ok("CreateDevice", name.clone()).await["Data"].clone();
    let renewed = cloud.ok("RenewDeviceCertificate", name.clone()).await;
    assert!(renewed["DevicePrivateKey"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"), "{renewed}");
    assert_eq!(proven(&cloud, &renewed["DeviceCert"]), "m1");
    assert_ne!(proven(&cloud, &created["DeviceCert"]), "m1");
    let device = cloud.ok("DescribeDevice", name).await["Device"].clone();
    assert_eq!(device["DeviceCert"], renewed["DeviceCert"]);
    let root = Authority::new("factory");
    cloud.ok("CreatePrivateCA", root.parameters(&cloud, "factory")).await;
    cloud.ok("UpdateProductPrivateCA", json!({"ProductId": product, "CertName": "factory"})).await;
    let bare = json!({"ProductId": product, "DeviceName": "m1"});
    assert_eq!(cloud.refused("RenewDeviceCertificate", bare).await, "InvalidParameterValue");
    let own = root.issue(&format!("{product}m1"));
    let renewed = json!({"ProductId": product, "DeviceName": "m1", "TlsCrt": own});
    let renewed = cloud.ok("RenewDeviceCertificate", renewed).await;
    assert_eq!((proven(&cloud, &renewed["DeviceCert"]), &renewed["DevicePrivateKey"]), ("m1".to_owned(), &json!("")));
}

/// Does an authority go through its life as the vendor's does?
#[tokio::test]
async fn an_own_authority_lives_and_goes() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    let factory = Authority::new("factory");
    cloud.ok("CreatePrivateCA", factory.parameters(&cloud, "工厂")).await;
    let name = json!({"CertName": "工厂"});
    let expected = json!({
        "CertName": "工厂", "CertSN": "1234", "IssuerName": "CN=factory", "Subject": "CN=factory",
        "CreateTime": NOW.seconds(), "EffectiveTime": seconds() - 60, "ExpireTime": seconds() + 3_600,
        "CertText": factory.pem(),
    });
    assert_eq!(cloud.ok("DescribePrivateCA", name.clone()).await["CA"], expected);
    assert_eq!(cloud.ok("DescribePrivateCAs", json!({})).await["CAs"], json!([expected]));

    cloud.ok("UpdateProductPrivateCA", json!({"ProductId": product, "CertName": "工厂"})).await;
    assert_eq!(cloud.ok("DescribeProductCA", json!({"ProductId": product})).await["CAs"], json!([expected]));
    let described = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await["Product"].clone();
    assert_eq!((&described["IsPrivateCA"], &described["PrivateCAName"]), (&json!(true), &json!("工厂")));
    assert_eq!((&described["CertSN"], &described["ExpireTime"]), (&json!("1234"), &json!(seconds() + 3_600)));
    let page = json!({"CertName": "工厂", "Offset": 0, "Limit": 200});
    let bound = cloud.ok("DescribePrivateCABindedProducts", page).await["Products"].clone();
    assert_eq!(bound, json!([{"ProductId": product, "ProductName": "meter", "CreateTime": NOW.seconds()}]));
    let next = json!({"CertName": "工厂", "Offset": 1, "Limit": 200});
    assert_eq!(cloud.ok("DescribePrivateCABindedProducts", next).await["Products"], json!([]));

    let on_record = factory.issue(&format!("{product}m1"));
    let device = json!({"ProductId": product, "DeviceName": "m1", "TlsCrt": on_record});
    let created = cloud.ok("CreateDevice", device).await["Data"].clone();
    assert_eq!((&created["DeviceCert"], &created["DevicePrivateKey"]), (&json!(on_record), &json!("")));
    assert_eq!(proven(&cloud, &json!(on_record)), "m1");

    let successor = Authority::new("successor");
    cloud.ok("UpdatePrivateCA", successor.parameters(&cloud, "工厂")).await;
    assert_eq!(cloud.ok("DescribePrivateCA", name.clone()).await["CA"]["Subject"], "CN=successor");
    assert!(proven(&cloud, &json!(on_record)).contains("not the authority of the product"));

    assert_eq!(cloud.refused("DeletePrivateCA", name.clone()).await, "LimitExceeded.CAAlreadyBindProduct");
    cloud.ok("DeleteProductPrivateCA", json!({"ProductId": product})).await;
    cloud.ok("DeletePrivateCA", name.clone()).await;
    assert_eq!(cloud.refused("DescribePrivateCA", name).await, "ResourceNotFound.CACertNotExist");
    assert_eq!(cloud.ok("DescribePrivateCAs", json!({})).await["CAs"], json!([]));
}

/// May a product be made with its authority in one call?
#[tokio::test]
async fn a_product_is_created_with_an_authority() {
    let cloud = Cloud::new().await;
    cloud.ok("CreatePrivateCA", Authority::new("factory").parameters(&cloud, "factory")).await;
    let project = cloud.project("energy").await;
    let with = |authority: &str, encryption: &str| {
        let mut product = new_product(&project, "meter");
        (product["PrivateCAName"], product["EncryptionType"]) = (json!(authority), json!(encryption));
        product
    };
    assert_eq!(cloud.refused("CreateStudioProduct", with("none", "1")).await, "ResourceNotFound.CACertNotExist");
    assert_eq!(cloud.refused("CreateStudioProduct", with("factory", "2")).await, "LimitExceeded.CACertNotSupport");
    let created = cloud.ok("CreateStudioProduct", with("factory", "1")).await["Product"].clone();
    assert_eq!((&created["IsPrivateCA"], &created["CertName"]), (&json!(true), &json!("factory")));
}

/// Does each mistake have the vendor's code?
#[tokio::test]
async fn wrong_certificates_are_refused() {
    let cloud = Cloud::new().await;
    let (lamp, meter) = (cloud.lamp().await, meter(&cloud).await);
    let factory = Authority::new("factory");
    let good = factory.parameters(&cloud, "factory");
    let changed = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    let invalid = "InvalidParameterValue.CACertInvalid";
    let unmatched = "InvalidParameterValue.CACertNotMatch";
    for (parameters, expected) in [
        (changed("CertName", json!("")), "InvalidParameterValue"),
        (changed("CertName", json!("x".repeat(33))), "InvalidParameterValue"),
        (changed("CertText", json!("no PEM")), invalid),
        (changed("VerifyCertText", json!("no PEM")), invalid),
        (changed("VerifyCertText", json!(factory.issue("somebody"))), unmatched),
        (changed("VerifyCertText", json!(Authority::new("factory").issue(&proof_name(cloud.owner.uin)))), unmatched),
        (changed("VerifyCertText", json!(factory.issue(&proof_name(cloud.stranger.uin)))), unmatched),
    ] {
        assert_eq!(cloud.refused("CreatePrivateCA", parameters.clone()).await, expected, "{parameters}");
    }
    cloud.ok("CreatePrivateCA", good.clone()).await;
    assert_eq!(cloud.refused("CreatePrivateCA", good.clone()).await, "LimitExceeded.CACertNameRepeat");
    let again = changed("CertName", json!("again"));
    assert_eq!(cloud.refused("CreatePrivateCA", again.clone()).await, "LimitExceeded.CARepeat");
    assert_eq!(cloud.refused("UpdatePrivateCA", again).await, "ResourceNotFound.CACertNotExist");
    let bind = |product: &str, name: &str| json!({"ProductId": product, "CertName": name});
    let bound = cloud.refused("UpdateProductPrivateCA", bind(&lamp, "factory")).await;
    assert_eq!(bound, "LimitExceeded.CACertNotSupport");
    let bound = cloud.refused("UpdateProductPrivateCA", bind(&meter, "none")).await;
    assert_eq!(bound, "ResourceNotFound.CACertNotExist");
    assert_eq!(cloud.ok("DescribeProductCA", json!({"ProductId": lamp})).await["CAs"], json!([]));
    for (offset, limit) in [(0, 0), (0, 201), (5_000_001, 1)] {
        let page = json!({"CertName": "factory", "Offset": offset, "Limit": limit});
        assert_eq!(cloud.refused("DescribePrivateCABindedProducts", page).await, "InvalidParameterValue");
    }
    let device =
        |product: &str, field: &str, value: &str| json!({"ProductId": product, "DeviceName": "x", field: value});
    for (parameters, expected) in [
        (device(&lamp, "TlsCrt", &factory.issue("x")), "InvalidParameterValue"),
        (device(&meter, "DefinedPsk", "MTIzNDU2Nzg5MGFiY2RlZg=="), "UnauthorizedOperation.ProductNotSupportPSK"),
        (device(&meter, "TlsCrt", &factory.issue("x")), "ResourceNotFound.CACertNotExist"),
    ] {
        assert_eq!(cloud.refused("CreateDevice", parameters.clone()).await, expected, "{parameters}");
    }
    cloud.ok("UpdateProductPrivateCA", bind(&meter, "factory")).await;
    assert_eq!(cloud.refused("CreateDevice", device(&meter, "TlsCrt", &factory.issue("x"))).await, invalid);
    cloud.ok("CreateDevice", device(&meter, "TlsCrt", &factory.issue(&format!("{meter}x")))).await;
}

/// Is an account's authority its own, a sub-account's right asked for, and every change in the audit log?
#[tokio::test]
async fn authorities_belong_to_their_account_and_are_audited() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    cloud.ok("CreatePrivateCA", Authority::new("factory").parameters(&cloud, "factory")).await;
    let name = json!({"CertName": "factory"});
    let foreign = cloud.call(&cloud.stranger, "DescribePrivateCA", name.clone()).await;
    assert_eq!(code(&foreign), "ResourceNotFound.CACertNotExist");
    assert_eq!(cloud.call(&cloud.stranger, "DescribePrivateCAs", json!({})).await["CAs"], json!([]));

    let reader = cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    assert_eq!(cloud.call(&reader, "DescribePrivateCA", name.clone()).await["CA"]["CertName"], "factory");
    let denied = cloud.call(&reader, "DeletePrivateCA", name).await;
    assert!(code(&denied).starts_with("UnauthorizedOperation"), "{denied}");

    cloud.ok("UpdateProductPrivateCA", json!({"ProductId": product, "CertName": "factory"})).await;
    let log = cloud.ok("ListAuditLog", json!({"MinTime": NOW.0 - 1, "MaxTime": NOW.0 + 1})).await["Entries"].clone();
    let row = |operation: &str| {
        let found = log.as_array().unwrap().iter().find(|row| row["Operation"] == operation);
        found.unwrap_or_else(|| panic!("{operation}: {log}")).clone()
    };
    assert_eq!(row("CreatePrivateCA")["Code"], "OK");
    assert!(row("UpdateProductPrivateCA")["Resource"].as_str().unwrap().contains(&product));
    assert!(row("DeletePrivateCA")["Code"].as_str().unwrap().starts_with("UnauthorizedOperation"));
}
