//! Apps.

use crate::dialects::envelope::Success;
use crate::dialects::table::operations;
use crate::dialects::wastack::body::app::AppBody;
use crate::dialects::wastack::shown::DeletedJson;
use crate::dialects::wastack::shown::app::{AppJson, KeyJson};

operations! {
    /// Operations on apps.
    Wastack ("wastack") App: AppOperation;
    List: AccountRead / Read, Account, - => (Success<Vec<AppJson>>), [], "Lists the apps; their keys are not shown."
        { GET "/api/v1/apps" 200 Inferred }
    Create: AccountWrite / Write, Account, {AppBody} => (Success<AppJson>), [], "Makes an app; its key is shown this once."
        { POST "/api/v1/apps" 201 Inferred }
    Get: AccountRead / Read, Account, - => (Success<AppJson>), [], "Returns an app."
        { GET "/api/v1/apps/{appId}" 200 Inferred }
    Update: AccountWrite / Write, Account, {AppBody} => (Success<AppJson>), [], "Changes an app; what is left out stays."
        { PUT "/api/v1/apps/{appId}" 200 Inferred, PATCH "/api/v1/apps/{appId}" 200 Inferred }
    Delete: AccountWrite / Write, Account, - => (Success<DeletedJson>), [], "Deletes an app; its key opens nothing any more."
        { DELETE "/api/v1/apps/{appId}" 200 Inferred }
    RotateKey: AccountWrite / Write, Account, - => (Success<KeyJson>), [],
        "Gives an app a new key; the old one serves for a day beside it."
        { POST "/api/v1/apps/{appId}/rotate-key" 200 Inferred }
}
