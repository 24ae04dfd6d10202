//! Mails, each to one address.

use std::error::Error;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as TlsMode, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Answer, reason};
use crate::{Outgoing, Smtp, Tls};

/// How long the server has for one command.
const COMMAND_WITHIN: Duration = Duration::from_secs(20);

/// How long the server has for a whole mail. Shorter than a lease.
const MAIL_WITHIN: Duration = Duration::from_secs(60);

/// The port on which TLS begins with the first byte.
const TLS_PORT: u16 = 465;

/// The server that mails are handed to.
pub(super) struct MailServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl MailServer {
    pub fn new(
        smtp: &Smtp,
        credentials: Option<Credentials>,
    ) -> Result<MailServer, Box<dyn Error + Send + Sync>> {
        let from: Mailbox = smtp.from.parse()?;
        let parameters = || TlsParameters::new(smtp.host.clone());
        let tls = match smtp.tls {
            Tls::Required if smtp.port == TLS_PORT => TlsMode::Wrapper(parameters()?),
            Tls::Required => TlsMode::Required(parameters()?),
            Tls::Opportunistic => TlsMode::Opportunistic(parameters()?),
            Tls::None => TlsMode::None,
        };
        // Dangerous only in that it says nothing of TLS, which the next call does.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .tls(tls)
            .port(smtp.port)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(COMMAND_WITHIN));
        if let Some(credentials) = credentials {
            builder = builder.credentials(credentials);
        }
        Ok(MailServer { transport: builder.build(), from })
    }

    pub async fn send(&self, outgoing: &Outgoing) -> Answer {
        let mail = match compose(&self.from, outgoing) {
            Ok(mail) => mail,
            Err(error) => return Answer::Refused { reason: reason(&*error) },
        };
        let failed = |reason: String| Answer::Failed { reason, asked: None };
        match tokio::time::timeout(MAIL_WITHIN, self.transport.send(mail)).await {
            Ok(Ok(_)) => Answer::Received,
            Ok(Err(error)) => match error.status().map(u16::from) {
                // RFC 4954: what is wrong are our credentials, not the mail. The server's words might
                // repeat them, so they are not kept.
                Some(code @ 530..=538) => failed(format!(
                    "the mail server refuses our credentials, or wants some ({code})"
                )),
                // RFC 5321, section 4.2.1: the same mail is not to be sent again.
                _ if error.is_permanent() => Answer::Refused { reason: reason(&error) },
                _ => failed(reason(&error)),
            },
            Err(_) => {
                failed(format!("the mail was not taken within {} seconds", MAIL_WITHIN.as_secs()))
            }
        }
    }
}

fn compose(from: &Mailbox, outgoing: &Outgoing) -> Result<Message, Box<dyn Error + Send + Sync>> {
    let notice = &outgoing.notice;
    // One line, whatever the words of documents and parties hold, and nothing that a reader takes for
    // an encoded word (RFC 2047), as the library leaves those alone.
    let subject = notice.subject.split(char::is_control).collect::<Vec<_>>().join(" ");
    let subject = subject.replace("=?", "= ?");
    let mut mail = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, outgoing.address.parse()?))
        .subject(subject)
        .date(SystemTime::from(outgoing.taken))
        .message_id(Some(format!("<{}@{}>", outgoing.key, from.email.domain())))
        .header(ContentType::TEXT_PLAIN)
        .body(notice.text.clone())?;
    // RFC 3834: no out-of-office notice is to answer this.
    mail.headers_mut().insert_raw(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    Ok(mail)
}
