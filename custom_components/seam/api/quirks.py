"""What is known of single device types; the one place for it.

A quirk is a fact about a brand that no field of the API tells. Everything else
follows from the fields: what a lock can do from its capability flags, where its
bolt is from `locked`.
"""

# Lock device types of the OpenAPI document (types 1.1038.0): the last resort for
# a device that shows neither a capability flag nor `locked`.
LOCK_DEVICE_TYPES = frozenset(
    {
        "akiles_lock",
        "akuvox_lock",
        "aqara_lock",
        "august_lock",
        "avigilon_alta_entry",
        "brivo_access_point",
        "butterflymx_panel",
        "controlbyweb_device",
        "doorking_lock",
        "dormakaba_oracode_door",
        "four_suites_door",
        "genie_door",
        "igloo_lock",
        "igloohome_lock",
        "keyincode_lock",
        "kisi_lock",
        "kwikset_lock",
        "linear_lock",
        "lockly_lock",
        "nuki_lock",
        "omnitec_lock",
        "salto_lock",
        "schlage_lock",
        "smartthings_lock",
        "tedee_lock",
        "ttlock_lock",
        "two_n_intercom",
        "ultraloq_lock",
        "wyze_lock",
        "yacan_lock",
        "yale_lock",
    }
)

# Errors of a device that mean that nothing it says can be trusted.
UNREACHABLE_ERRORS = frozenset(
    {
        "account_disconnected",
        "bridge_disconnected",
        "device_disconnected",
        "device_offline",
        "device_removed",
        "hub_disconnected",
    }
)
