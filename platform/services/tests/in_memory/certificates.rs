//! Certificates of devices: issued, brought along, proven, refused.

use lianwu_device_protocol::registration::RegistrationRequest;
use lianwu_device_protocol::signed_request::SignedRequest;
use lianwu_model::UnixMillis;
use lianwu_model::product::{Authentication, Product, Registration, RegistrationMode};
use lianwu_services::Platform;
use lianwu_services::certificate::{
    self, AUTHORITIES_MAX, AuthorityText, CertificateError, CertificateRefusal as Why, prove,
};
use lianwu_services::device::{self, DeviceError, DeviceRef};
use lianwu_services::follower::Follower;
use lianwu_services::registration::{self, RegisterError};
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde_json::json;

use crate::platform::{Authority, DAY_S, Days, NOW, World, der, pem};

fn days(count: i64) -> UnixMillis {
    UnixMillis(NOW.0 + u64::try_from(count * DAY_S).unwrap() * 1_000)
}

/// A device of a product without an authority of its account; what it would show in a handshake.
async fn issued(world: &World, product: &Product, name: &str) -> X509 {
    let made = device::create_certified(&world.platform, &world.owner, product.id.as_str(), name, None).await.unwrap();
    X509::from_pem(made.device.certificate.unwrap().pem.as_bytes()).unwrap()
}

fn refused(platform: &Platform, chain: &[&X509]) -> Why {
    let chain: Vec<_> = chain.iter().map(|certificate| der(certificate)).collect();
    prove(platform, &chain).unwrap_err().why
}

fn proven(platform: &Platform, chain: &[&X509]) -> String {
    let chain: Vec<_> = chain.iter().map(|certificate| der(certificate)).collect();
    prove(platform, &chain).unwrap().key().to_string()
}

/// Does an issued certificate carry the device's name and key, prove the device, and still do after a restart?
#[tokio::test]
async fn an_issued_certificate_proves_its_device() {
    let world = World::new().await;
    let product = world.product("meter", Authentication::Certificate).await;
    let made = device::create_certified(&world.platform, &world.owner, product.id.as_str(), "a:b", None).await.unwrap();
    let shown = X509::from_pem(made.device.certificate.unwrap().pem.as_bytes()).unwrap();
    let name = shown.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME).next().unwrap();
    assert_eq!(name.data().to_string().unwrap(), format!("{}a:b", product.id));
    let key = made.private_key.unwrap().0;
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8, as every TLS library reads it");
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    assert!(key.rsa().is_ok_and(|rsa| rsa.size() == 256) && key.public_eq(&*shown.public_key().unwrap()));

    assert_eq!(proven(&world.platform, &[&shown]), format!("{}/a:b", product.id));
    let authority = certificate::of_product(&world.platform, &product).unwrap();
    let restarted = world.restarted().await;
    certificate::ensure_platform_authority(&restarted).await.unwrap();
    assert_eq!(certificate::of_product(&restarted, &product).unwrap().certificate, authority.certificate);
    assert_eq!(proven(&restarted, &[&shown]), format!("{}/a:b", product.id));
}

/// Is the time judged by the platform's clock: good to the last second, refused one later, refused before its time?
#[tokio::test]
async fn a_certificate_is_good_for_its_time_only() {
    let world = World::new().await;
    let product = world.product("meter", Authentication::Certificate).await;
    let shown = issued(&world, &product, "m1").await;
    let expires = UnixMillis(NOW.0 + 20 * 365 * 86_400_000);
    world.clock.set(expires);
    proven(&world.platform, &[&shown]);
    world.clock.set(UnixMillis(expires.0 + 1_000));
    assert_eq!(refused(&world.platform, &[&shown]), Why::Expired(expires.0 / 1_000));
    // A clock put right by hours after the first start does no harm; by days it does, and is told.
    world.clock.set(UnixMillis(NOW.0 - 23 * 3_600_000));
    proven(&world.platform, &[&shown]);
    world.clock.set(UnixMillis(NOW.0 - 25 * 3_600_000));
    assert_eq!(refused(&world.platform, &[&shown]), Why::NotYetValid(NOW.0 / 1_000 - 86_400));
}

/// Is a device that was switched off, deleted or made again refused with its old certificate, each time with the reason?
#[tokio::test]
async fn a_device_that_may_not_come_in_is_refused() {
    let world = World::new().await;
    let (platform, product) = (&world.platform, world.product("meter", Authentication::Certificate).await);
    let shown = issued(&world, &product, "m1").await;
    let device = [DeviceRef { product: product.id.to_string(), name: "m1".into() }];
    device::set_enabled(platform, world.owner.uin, &device, false).await.unwrap();
    assert_eq!(refused(platform, &[&shown]), Why::Disabled);
    device::set_enabled(platform, world.owner.uin, &device, true).await.unwrap();
    proven(platform, &[&shown]);
    device::delete(platform, world.owner.uin, &device).await.unwrap();
    let missing = Why::UnknownDevice { product: product.id, device: "m1".into() };
    assert_eq!(refused(platform, &[&shown]), missing);
    let again = issued(&world, &product, "m1").await;
    assert_eq!(refused(platform, &[&shown]), Why::NotOnRecord);
    proven(platform, &[&again]);
}

/// Is a certificate of a stranger refused, whatever name it carries, and its owner told whom it named?
#[tokio::test]
async fn a_strangers_certificate_proves_nothing() {
    let world = World::new().await;
    let (platform, product) = (&world.platform, world.product("meter", Authentication::Certificate).await);
    let keys = world.product("lamp", Authentication::Key).await;
    device::create(platform, &world.owner, keys.id.as_str(), "l1", None).await.unwrap();
    let genuine = issued(&world, &product, "m1").await;
    // Even one that calls itself like the platform's authority.
    for stranger in [Authority::new("stranger"), Authority::new("Lianwu device authority")] {
        let forged = stranger.issue(&format!("{}m1", product.id));
        assert!(matches!(refused(platform, &[&forged]), Why::UnknownAuthority(_)));
        assert!(matches!(refused(platform, &[&forged, &stranger.certificate]), Why::UnknownAuthority(_)));
        assert!(matches!(refused(platform, &[&forged, &genuine]), Why::UnknownAuthority(_)));
    }
    let stranger = Authority::new("stranger");
    let told = prove(platform, &[der(&stranger.issue(&format!("{}m1", product.id)))]).unwrap_err();
    assert_eq!((told.product, told.device.as_str()), (Some(product.id), "m1"));
    assert_ne!(told.number, lianwu_model::DeviceNumber::NONE);
    let named = |name: &str| refused(platform, &[&stranger.issue(name)]);
    assert_eq!(named(&format!("{}l1", keys.id)), Why::KeyProduct);
    assert_eq!(named("m1"), Why::CommonName("m1".into()));
    assert_eq!(named(product.id.as_str()), Why::CommonName(product.id.to_string()));
    assert_eq!(named("0000000000m1"), Why::UnknownProduct("0000000000".parse().unwrap()));
    assert_eq!(named(&format!("{}m1\0", product.id)), Why::CommonName(String::new()), "a zero byte ends no name");
    assert_eq!(named(&format!("{}m2", product.id)), Why::UnknownDevice { product: product.id, device: "m2".into() });
    // A certificate that ends before it begins.
    let odd = stranger.issue_during(&format!("{}m1", product.id), Days(5, -5));
    assert!(matches!(refused(platform, &[&odd]), Why::UnknownAuthority(_)));
}

/// Is a chain of bytes that are none, of too many certificates, or of none, refused as such?
#[tokio::test]
async fn bytes_that_are_no_chain_are_refused() {
    let world = World::new().await;
    let product = world.product("meter", Authentication::Certificate).await;
    let shown = der(&issued(&world, &product, "m1").await);
    let cut = shown[..shown.len() - 1].to_vec();
    for chain in [vec![], vec![vec![]], vec![cut], vec![shown.clone(); 9], vec![shown.clone(), vec![0x30, 0x84, 0xff]]]
    {
        assert_eq!(prove(&world.platform, &chain).unwrap_err().why, Why::Malformed);
    }
    // Every single damaged byte is noticed by something: nothing but the genuine certificate proves the device.
    for at in 0..shown.len() {
        let mut damaged = shown.clone();
        damaged[at] ^= 1;
        assert!(prove(&world.platform, &[damaged]).is_err(), "byte {at}");
    }
}

/// Does a product with an authority of its account trust that one, through others below it, and the platform's no longer?
#[tokio::test]
async fn an_own_authority_replaces_the_platforms() {
    let world = World::new().await;
    let (platform, owner) = (&world.platform, world.owner.uin);
    let product = world.product("meter", Authentication::Certificate).await;
    let by_platform = issued(&world, &product, "old").await;
    let (root, other) = (Authority::new("factory"), Authority::new("other"));
    certificate::create(platform, owner, world.text("factory", &root)).await.unwrap();
    certificate::create(platform, owner, world.text("other", &other)).await.unwrap();
    certificate::bind(platform, owner, product.id.as_str(), "factory").await.unwrap();
    assert!(matches!(refused(platform, &[&by_platform]), Why::UnknownAuthority(_)));

    let create = async |name: &str, own: Option<String>| {
        device::create_certified(platform, &world.owner, product.id.as_str(), name, own.as_deref()).await
    };
    let made = create("m1", None).await.unwrap();
    assert!(made.device.certificate.is_none() && made.private_key.is_none());
    let name = format!("{}m1", product.id);
    // Without one on record every certificate of the authority with the name will do, also of one below it.
    let (line, line_2) = (root.delegate("line 1"), root.delegate("line 2"));
    proven(platform, &[&root.issue(&name)]);
    assert!(matches!(refused(platform, &[&line.issue(&name)]), Why::UnknownAuthority(_)), "its issuer is missing");
    proven(platform, &[&line.issue(&name), &line.certificate]);
    proven(platform, &[&line.issue(&name), &line.certificate, &root.certificate]);
    assert!(matches!(refused(platform, &[&line_2.issue(&name), &line.certificate]), Why::UnknownAuthority(_)));
    assert!(matches!(refused(platform, &[&other.issue(&name)]), Why::UnknownAuthority(_)));
    assert!(matches!(refused(platform, &[&root.issue_during(&name, Days(-9, -1))]), Why::Expired(_)));
    assert!(matches!(refused(platform, &[&root.issue_during(&name, Days(1, 9))]), Why::NotYetValid(_)));
    // A resumed session shows the device's own only: what stood above it in a good chain is known.
    proven(platform, &[&line.issue(&name)]);
    assert!(matches!(refused(platform, &[&line_2.issue(&name)]), Why::UnknownAuthority(_)), "never seen in a good one");
    // With one on record no other will do.
    let on_record = root.issue(&format!("{}m2", product.id));
    create("m2", Some(pem(&on_record))).await.unwrap();
    proven(platform, &[&on_record]);
    assert_eq!(refused(platform, &[&root.issue(&format!("{}m2", product.id))]), Why::NotOnRecord);
    // A device cannot issue for others.
    let device = root.end(&name);
    assert!(matches!(refused(platform, &[&device.issue(&name), &device.certificate]), Why::UnknownAuthority(_)));
    // A restart changes nothing; an expired authority ends it all.
    let restarted = world.restarted().await;
    proven(&restarted, &[&on_record]);
    world.clock.set(days(1_001));
    let late = root.issue_during(&name, Days(-1, 2_000));
    assert!(matches!(refused(platform, &[&late]), Why::AuthorityTime(_)));
    world.clock.set(NOW);

    certificate::unbind(platform, owner, product.id.as_str()).await.unwrap();
    proven(platform, &[&by_platform]);
    assert!(matches!(refused(platform, &[&on_record]), Why::UnknownAuthority(_)));
    let again = certificate::unbind(platform, owner, product.id.as_str()).await;
    assert_eq!(again, Err(CertificateError::NotBound));
}

/// Does a device of a product with an authority of its account register with the certificate it was made with, and with no other?
#[tokio::test]
async fn a_device_registers_with_its_own_certificate() {
    let world = World::new().await;
    let (platform, owner) = (&world.platform, world.owner.uin);
    let product = world.product("meter", Authentication::Certificate).await;
    let root = Authority::new("factory");
    certificate::create(platform, owner, world.text("factory", &root)).await.unwrap();
    certificate::bind(platform, owner, product.id.as_str(), "factory").await.unwrap();
    let (log, readings, progress) = (platform.log.clone(), platform.readings.clone(), platform.progress.clone());
    let _follower = Follower::start(log, readings, progress).unwrap();
    let mode = Registration { mode: RegistrationMode::AutoCreate, limit: 2 };
    let product = registration::configure(platform, owner, product.id.as_str(), mode).await.unwrap();
    let secret = product.secret.unwrap().0;
    let register = async |certificate: Option<String>| {
        let mut body = json!({"ProductId": product.id.as_str(), "DeviceName": "m1"});
        if let Some(certificate) = certificate {
            body["ClientCert"] = certificate.into();
        }
        let body = body.to_string();
        let (host, path, algorithm, timestamp) = ("h", "/device/register", "hmacsha1", "1609430400");
        let unsigned =
            SignedRequest { host, path, algorithm, timestamp, nonce: "7", signature: "", body: body.as_bytes() };
        let signature = unsigned.sign(&secret).unwrap();
        let request = RegistrationRequest::second_form(SignedRequest { signature: &signature, ..unsigned }).unwrap();
        registration::register(platform, &request, "").await
    };
    assert_eq!(register(None).await, Err(RegisterError::NeedsCertificate));
    let stranger = Authority::new("other").issue(&format!("{}m1", product.id));
    assert!(matches!(register(Some(pem(&stranger))).await, Err(RegisterError::Certificate(_))));
    assert!(platform.directory.find(product.id, "m1").is_none(), "nothing was created for them");
    let (first, second) = (root.issue(&format!("{}m1", product.id)), root.issue(&format!("{}m1", product.id)));
    register(Some(pem(&first))).await.unwrap();
    proven(platform, &[&first]);
    assert_eq!(refused(platform, &[&second]), Why::NotOnRecord);
    register(Some(pem(&second))).await.unwrap();
    proven(platform, &[&second]);
    assert_eq!(refused(platform, &[&first]), Why::NotOnRecord);
}

/// Is a certificate that would be refused at sign-in refused when it is to be put on record?
#[tokio::test]
async fn what_goes_on_record_is_checked_first() {
    let world = World::new().await;
    let (platform, owner) = (&world.platform, world.owner.uin);
    let product = world.product("meter", Authentication::Certificate).await;
    let root = Authority::new("factory");
    let create = async |text: String| {
        let made = device::create_certified(platform, &world.owner, product.id.as_str(), "m1", Some(&text)).await;
        match made.unwrap_err() {
            DeviceError::Certificate(error) => error,
            other => panic!("{other}"),
        }
    };
    let name = format!("{}m1", product.id);
    assert_eq!(create(pem(&root.issue(&name))).await, CertificateError::NotBound);
    certificate::create(platform, owner, world.text("factory", &root)).await.unwrap();
    certificate::bind(platform, owner, product.id.as_str(), "factory").await.unwrap();
    for text in [String::new(), "no PEM".into(), "x".repeat(20_000), pem(&root.issue(&name)).repeat(2)] {
        assert!(matches!(create(text).await, CertificateError::Unusable { field: "TlsCrt", .. }));
    }
    let why = async |certificate: X509| match create(pem(&certificate)).await {
        CertificateError::Refused(why) => why,
        other => panic!("{other}"),
    };
    assert_eq!(why(root.issue("other")).await, Why::CommonName("other".into()));
    assert!(matches!(why(root.issue_during(&name, Days(-9, -1))).await, Why::Expired(_)));
    assert!(matches!(why(Authority::new("factory").issue(&name)).await, Why::UnknownAuthority(_)));
    assert!(platform.directory.find(product.id, "m1").is_none(), "none of them made the device");
}

/// Is an authority taken only from who proves to hold its key, once, and up to a number?
#[tokio::test]
async fn an_authority_needs_a_proof() {
    let world = World::new().await;
    let (platform, owner) = (&world.platform, world.owner.uin);
    let root = Authority::new("factory");
    let good = world.text("factory", &root);
    let create = async |text: AuthorityText| certificate::create(platform, owner, text).await.unwrap_err();
    for name in [String::new(), "x".repeat(33)] {
        assert!(matches!(create(AuthorityText { name, ..good.clone() }).await, CertificateError::Invalid(_)));
    }
    let expired = Authority::during("expired", Days(-9, -1));
    for text in ["".to_owned(), "no PEM".to_owned(), Authority::weak("weak").pem(), expired.pem(), root.pem().repeat(2)]
    {
        let bad = AuthorityText { certificate: text, ..good.clone() };
        assert!(matches!(create(bad).await, CertificateError::Unusable { field: "CertText", .. }));
    }
    let unread = AuthorityText { proof: "no PEM".into(), ..good.clone() };
    assert!(matches!(create(unread).await, CertificateError::Unusable { field: "VerifyCertText", .. }));
    let wanted = certificate::proof_name(owner);
    assert!(wanted.len() == 64 && wanted != certificate::proof_name(lianwu_model::Uin(1)));
    // Another's name, another's signature, the authority itself, a proof that is over.
    for proof in [
        root.issue(&certificate::proof_name(lianwu_model::Uin(1))),
        Authority::new("factory").issue(&wanted),
        root.certificate.clone(),
        root.issue_during(&wanted, Days(-9, -1)),
    ] {
        let bad = AuthorityText { proof: pem(&proof), ..good.clone() };
        assert!(matches!(create(bad).await, CertificateError::NotProven(_)));
    }
    // What is no authority stays none, even for who holds its key.
    let end = create(world.text("end", &root.end("end"))).await;
    assert_eq!(end, CertificateError::NotProven("invalid CA certificate".into()));
    assert_eq!(certificate::list(platform, owner).len(), 0);
    certificate::create(platform, owner, good.clone()).await.unwrap();
    assert_eq!(create(good.clone()).await, CertificateError::NameTaken);
    assert_eq!(create(AuthorityText { name: "again".into(), ..good.clone() }).await, CertificateError::Repeated);
    for number in 1..AUTHORITIES_MAX {
        let name = format!("a{number}");
        let text = world.text(&name, &Authority::new(&name));
        certificate::create(platform, owner, text).await.unwrap();
    }
    let more = world.text("more", &Authority::new("more"));
    assert_eq!(create(more).await, CertificateError::TooMany(AUTHORITIES_MAX));
}

/// Does a replaced authority count at once, and a bound one stay?
#[tokio::test]
async fn authorities_are_replaced_and_deleted() {
    let world = World::new().await;
    let (platform, owner) = (&world.platform, world.owner.uin);
    let product = world.product("meter", Authentication::Certificate).await;
    let keys = world.product("lamp", Authentication::Key).await;
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    certificate::create(platform, owner, world.text("factory", &old)).await.unwrap();
    let bind =
        async |product: &Product, name: &str| certificate::bind(platform, owner, product.id.as_str(), name).await;
    assert_eq!(bind(&keys, "factory").await, Err(CertificateError::KeyProduct));
    assert_eq!(bind(&product, "none").await, Err(CertificateError::NotFound("none".into())));
    bind(&product, "factory").await.unwrap();
    let bound = certificate::bound_products(platform, owner, "factory").unwrap();
    assert_eq!(bound.iter().map(|found| found.product.id).collect::<Vec<_>>(), [product.id]);
    device::create_certified(platform, &world.owner, product.id.as_str(), "m1", None).await.unwrap();
    let name = format!("{}m1", product.id);
    proven(platform, &[&old.issue(&name)]);
    certificate::replace(platform, owner, world.text("factory", &new)).await.unwrap();
    proven(platform, &[&new.issue(&name)]);
    assert!(matches!(refused(platform, &[&old.issue(&name)]), Why::UnknownAuthority(_)));
    let missing = certificate::replace(platform, owner, world.text("none", &old)).await;
    assert_eq!(missing, Err(CertificateError::NotFound("none".into())));
    let delete = async || certificate::delete(platform, owner, "factory").await;
    assert_eq!(delete().await, Err(CertificateError::InUse("factory".into())));
    certificate::unbind(platform, owner, product.id.as_str()).await.unwrap();
    delete().await.unwrap();
    assert_eq!(delete().await, Err(CertificateError::NotFound("factory".into())));
    // What another account calls its own is its own.
    let stranger = lianwu_model::Uin(1);
    assert_eq!(
        certificate::find(platform, stranger, "factory").unwrap_err(),
        CertificateError::NotFound("factory".into())
    );
}

/// Does each kind of product make its own kind of device only?
#[tokio::test]
async fn kinds_of_products_are_kept_apart() {
    let world = World::new().await;
    let certificates = world.product("meter", Authentication::Certificate).await;
    let keys = world.product("lamp", Authentication::Key).await;
    let made = device::create(&world.platform, &world.owner, certificates.id.as_str(), "m1", None).await;
    assert_eq!(made.unwrap_err(), DeviceError::CertificateProduct);
    let made = device::create_certified(&world.platform, &world.owner, keys.id.as_str(), "l1", None).await;
    assert_eq!(made.unwrap_err(), DeviceError::KeyProduct);
    issued(&world, &certificates, "m1").await;
    let again = device::create_certified(&world.platform, &world.owner, certificates.id.as_str(), "m1", None).await;
    assert_eq!(again.unwrap_err(), DeviceError::NameTaken);
}
