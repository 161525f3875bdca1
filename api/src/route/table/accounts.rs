//! Accounts and what belongs to them: workspaces, keys, apps, the log of changes.

use crate::json::access::RotateKeyBody;
use crate::json::account::{
    AccountJson, CreateAccountBody, CreateWorkspaceBody, RenameAccountBody, UpdateAccountBody,
    UpdateWorkspaceBody, WorkspaceJson,
};
use crate::json::app::{AppJson, CreateAppBody, NewAppJson, UpdateAppBody};
use crate::json::audit::AuditJson;
use crate::json::credit::{AddCreditsBody, CreditEntryJson, CreditsJson};
use crate::json::defaults::{InstanceDefaultsBody, InstanceDefaultsJson};
use crate::json::key::{CreateKeyBody, KeyJson, NewKeyJson, RotateApiKeyBody, UpdateKeyBody};
use crate::json::member::{InviteMemberBody, InvitedJson, MemberJson, UpdateMemberBody};
use crate::json::{List, Page};

super::operations! {
    /// Operations on accounts and what belongs to them.
    Account: AccountOperation, TABLE;
    Get: GET "/v1/account", "account.get", AccountRead / Read,
        - => (200 AccountJson<'_>), [],
        "Returns the account that the key belongs to.";
    Rename: PATCH "/v1/account", "account.update", AccountWrite / Write,
        {RenameAccountBody} => (200 AccountJson<'_>), [],
        "Gives the account another name.";
    CreateWorkspace: POST "/v1/workspaces", "workspaces.create", AccountWrite / Write,
        {CreateWorkspaceBody} => (201 WorkspaceJson<'_>), [],
        "Makes a workspace, a part of the account that instances belong to.";
    ListWorkspaces: GET "/v1/workspaces", "workspaces.list", AccountRead / Read,
        - => (200 List<WorkspaceJson<'_>>), [],
        "Lists the workspaces, the one that the account has from the beginning first.";
    GetWorkspace: GET "/v1/workspaces/{workspace}", "workspaces.get", AccountRead / Read,
        - => (200 WorkspaceJson<'_>), [],
        "Returns one workspace.";
    UpdateWorkspace: PATCH "/v1/workspaces/{workspace}", "workspaces.update", AccountWrite / Write,
        {UpdateWorkspaceBody} => (200 WorkspaceJson<'_>), [],
        "Gives a workspace another name.";
    DeleteWorkspace: DELETE "/v1/workspaces/{workspace}", "workspaces.delete", AccountWrite / Write,
        - => (204), [],
        "Deletes a workspace that no instance belongs to.";
    CreateKey: POST "/v1/keys", "keys.create", KeysWrite / Write,
        {CreateKeyBody} => (201 NewKeyJson<'_>), [],
        "Makes an API key that may do no more than the one presented; this answer is the only place where it is ever shown.";
    ListKeys: GET "/v1/keys", "keys.list", KeysRead / Read,
        - => (200 Page<KeyJson<'_>>), ["limit", "cursor"],
        "Lists the API keys, with what they may do and when they were last used.";
    GetKey: GET "/v1/keys/{key}", "keys.get", KeysRead / Read,
        - => (200 KeyJson<'_>), [],
        "Returns what is known of one API key.";
    UpdateKey: PATCH "/v1/keys/{key}", "keys.update", KeysWrite / Write,
        {UpdateKeyBody} => (200 KeyJson<'_>), [],
        "Changes what an API key may do, and where and how long it serves; what is left out stays, null removes.";
    RotateKey: POST "/v1/keys/{key}/rotate", "keys.rotate", KeysWrite / Write,
        {RotateApiKeyBody} => (200 NewKeyJson<'_>), [],
        "Replaces an API key, shown in this answer alone; the old one serves as well for a while.";
    RevokeKey: DELETE "/v1/keys/{key}", "keys.revoke", KeysWrite / Write,
        - => (204), [],
        "Takes an API key back, at once.";
    CreateApp: POST "/v1/apps", "apps.create", AccountWrite / Write,
        {CreateAppBody} => (201 NewAppJson<'_>), [],
        "Makes an app, which names itself beside an API key where a dialect asks for that; its key is shown in this answer alone.";
    ListApps: GET "/v1/apps", "apps.list", AccountRead / Read,
        - => (200 Page<AppJson<'_>>), ["limit", "cursor"],
        "Lists the apps.";
    GetApp: GET "/v1/apps/{app}", "apps.get", AccountRead / Read,
        - => (200 AppJson<'_>), [],
        "Returns one app.";
    UpdateApp: PATCH "/v1/apps/{app}", "apps.update", AccountWrite / Write,
        {UpdateAppBody} => (200 AppJson<'_>), [],
        "Changes name, instances or addresses of an app; what is left out stays, null removes.";
    RotateApp: POST "/v1/apps/{app}/rotate", "apps.rotate", AccountWrite / Write,
        {RotateKeyBody} => (200 NewAppJson<'_>), [],
        "Replaces the key of an app, shown in this answer alone; the old one serves as well for a while.";
    DeleteApp: DELETE "/v1/apps/{app}", "apps.delete", AccountWrite / Write,
        - => (204), [],
        "Deletes an app; its key serves no longer.";
    Audit: GET "/v1/audit", "audit.list", AuditRead / Read,
        - => (200 Page<AuditJson<'_>>), ["limit", "cursor"],
        "Lists who changed what of the account, its keys and its instances, and from where, newest first.";
    Create: POST "/v1/accounts", "accounts.create", Operator / Write,
        {CreateAccountBody} => (201 AccountJson<'_>), [],
        "Makes an account, as the node's operator.";
    List: GET "/v1/accounts", "accounts.list", Operator / Read,
        - => (200 Page<AccountJson<'_>>), ["limit", "cursor"],
        "Lists the accounts of the node, for its operator.";
    GetOne: GET "/v1/accounts/{account}", "accounts.get", Operator / Read,
        - => (200 AccountJson<'_>), [],
        "Returns one account, for the node's operator.";
    Update: PATCH "/v1/accounts/{account}", "accounts.update", Operator / Write,
        {UpdateAccountBody} => (200 AccountJson<'_>), [],
        "Changes name, state, credits or request rates of an account; the keys of a suspended one open nothing, its numbers stay online.";
    Delete: DELETE "/v1/accounts/{account}", "accounts.delete", Operator / Write,
        - => (204), [],
        "Deletes an account that has neither instances nor webhooks, with everything else that it has.";
    CreateKeyFor: POST "/v1/accounts/{account}/keys", "accounts.create_key", Operator / Write,
        {CreateKeyBody} => (201 NewKeyJson<'_>), [],
        "Makes an API key for an account, as the node's operator; this answer is the only place where it is ever shown.";
    Credits: GET "/v1/credits", "credits.get", AccountRead / Read,
        - => (200 CreditsJson), [],
        "Returns the account's credits: what its pockets hold, and how many messages are paid for and on their way.";
    CreditEntries: GET "/v1/credits/entries", "credits.entries", AccountRead / Read,
        - => (200 Page<CreditEntryJson>), ["pocket", "limit", "cursor"],
        "Lists the ledger of a pocket, newest first: every credit that came or went, and why.";
    CreditsOf: GET "/v1/accounts/{account}/credits", "accounts.credits", Operator / Read,
        - => (200 CreditsJson), [],
        "Returns the credits of an account, for the node's operator.";
    AddCredits: POST "/v1/accounts/{account}/credits", "accounts.add_credits", Operator / Write,
        {AddCreditsBody} => (200 CreditsJson), [],
        "Gives an account credits, or takes some back, as the node's operator; under one Idempotency-Key it happens once, for ever.";
    InviteMember: POST "/v1/members", "members.invite", AccountWrite / Write,
        {InviteMemberBody} => (201 InvitedJson<'_>), [],
        "Invites somebody who signs in, with a role that may do no more than the caller; they choose their password by the link of the answer.";
    ListMembers: GET "/v1/members", "members.list", AccountRead / Read,
        - => (200 List<MemberJson<'_>>), [],
        "Lists the members of the account.";
    GetMember: GET "/v1/members/{member}", "members.get", AccountRead / Read,
        - => (200 MemberJson<'_>), [],
        "Returns one member.";
    UpdateMember: PATCH "/v1/members/{member}", "members.update", AccountWrite / Write,
        {UpdateMemberBody} => (200 MemberJson<'_>), [],
        "Changes name or role of a member; what is left out stays.";
    RemoveMember: DELETE "/v1/members/{member}", "members.remove", AccountWrite / Write,
        - => (204), [],
        "Removes a member, who is signed out at once.";
    LinkMember: POST "/v1/members/{member}/link", "members.link", AccountWrite / Write,
        {} => (200 InvitedJson<'_>), [],
        "Makes a link by which a member chooses another password, for where no letters are sent; the link before it opens nothing.";
    InviteMemberFor: POST "/v1/accounts/{account}/members", "accounts.invite_member", Operator / Write,
        {InviteMemberBody} => (201 InvitedJson<'_>), [],
        "Invites somebody into an account, as the node's operator.";
    InstanceDefaults: GET "/v1/account/instance-defaults", "account.instance_defaults", AccountRead / Read,
        - => (200 InstanceDefaultsJson<'_>), [],
        "Returns what new instances of the account begin with.";
    SetInstanceDefaults: PUT "/v1/account/instance-defaults", "account.set_instance_defaults", AccountWrite / Write,
        {InstanceDefaultsBody} => (200 InstanceDefaultsJson<'_>), [],
        "Says what new instances begin with: settings, and webhooks in the form of dialects; instances that are there stay as they are.";
}
