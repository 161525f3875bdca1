//! Subscriptions of the hosted service. Nothing is bought here: the account is the one subscription that there is.

use crate::dialects::table::operations;
use crate::dialects::wsapi::paging::PageJson;
use crate::dialects::wsapi::shown::instance::AccountInstanceJson;
use crate::dialects::wsapi::shown::subscription::{ChangeJson, SubscriptionJson};

operations! {
    /// Operations on the account's subscription.
    Wsapi ("wsapi") Subscription: SubscriptionOperation;
    List: AccountRead / Read, Account, - => (PageJson<SubscriptionJson>), ["pageNumber", "pageSize"],
        "Lists the subscriptions: the account is the only one, and it has no end."
        { GET "/account/subscriptions" 200 Public }
    Instances: InstancesRead / Read, Account, - => (PageJson<AccountInstanceJson>),
        ["pageNumber", "pageSize", "createdFrom", "createdTo", "status"], "Lists the instances of a subscription, a page at a time."
        { GET "/account/subscriptions/{id}/instances" 200 Public }
    Create: InstancesWrite / Write, Account, - => (String), ["name"], "Makes an instance, and answers with its id."
        { POST "/account/subscriptions/{id}/instances" 200 Public }
    Delete: InstancesWrite / Write, Account, - => -, [], "Logs an instance out and deletes it."
        { DELETE "/account/subscriptions/{id}/instances/{instanceId}" 204 Public }
    Changes: AuditRead / Read, Account, - => (PageJson<ChangeJson>),
        ["pageNumber", "pageSize", "timestampFrom", "timestampTo", "changeType", "instanceId"],
        "Lists the instances that came and went, newest first."
        { GET "/account/subscriptions/{id}/changes" 200 Public }
}
