//! A companion asks its phone to upload a file again (`simulator.md` §13): a `server-error` receipt in, a `mediaretry`
//! notification out.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::phone::{Addressing, Renewal};
use crate::stanza::{attr, child, child_array, child_bytes, leaf, wrap};
use crate::world::{DeviceId, World};

/// Has the phone answer, and takes the answer to the companion.
pub(super) fn answer(world: &mut World, from: DeviceId, receipt: &Node) {
    let Some(id) = attr(receipt, "id") else { return };
    let sealed = child(receipt, "encrypt").and_then(|node| {
        Some((child_array::<12>(node, "enc_iv")?, child_bytes(node, "enc_p")?.into_owned()))
    });
    let renewal = match sealed {
        Some((iv, request)) => {
            world.with_phone(from.account, |phone, world| phone.upload_again(&id, &iv, &request, world))
        }
        None => Some(Renewal::Refused(1)),
    };
    let outcome = match renewal.unwrap_or(Renewal::Refused(1)) {
        Renewal::Done { iv, sealed } => wrap("encrypt", [leaf("enc_p", sealed), leaf("enc_iv", iv)]),
        Renewal::Refused(code) => NodeBuilder::new("error").attr("code", code).build(),
    };
    let phone = world.jid(DeviceId { account: from.account, device: 0 }, Addressing::Pn);
    let notification = NodeBuilder::new("notification")
        .attr("from", phone)
        .attr("type", "mediaretry")
        .attr("id", id.as_ref())
        .attr("t", world.now_s());
    let about = child(receipt, "rmr").cloned();
    world.deliver(from, notification.children(std::iter::once(outcome).chain(about)).build());
}
