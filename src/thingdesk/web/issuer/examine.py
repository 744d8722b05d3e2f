from thingdesk.platform.outward import Forbidden, Unfetched
from thingdesk.platform.settings import Settings
from thingdesk.web.issuer.issuer import Issuer
from thingdesk.web.issuer.registration import Unfit


async def examine(settings: Settings) -> tuple[str, str]:
    """How staff log in by the provider that is set, and what to do where they cannot: both in
    words, and empty where there is nothing to say.
    """
    try:
        issuer = Issuer.of(settings)
        return (await issuer.examine() if issuer else "", "")
    except Unfit as error:
        words = "Mend the settings that begin with THINGDESK_OIDC_, or unset THINGDESK_OIDC_ISSUER."
        return f"{settings.oidc_issuer}: {error}", words
    except Forbidden as error:
        return str(error), "If that is where it is, name the network in THINGDESK_OIDC_NETWORKS."
    except Unfetched as error:
        words = "Check THINGDESK_OIDC_ISSUER, and that the desk can reach it."
        return f"{settings.oidc_issuer}: {error}", words
