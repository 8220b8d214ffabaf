"""Keys and tokens that are known by their first characters: one line each, as their issuers document them."""

from __future__ import annotations

from typing import Final, NamedTuple

from windvane.collectors.redaction.kinds import Kind

__all__ = ["FORMATS", "WHOLE", "Format"]


class Format(NamedTuple):
    """One format: what it begins with, the pattern of the rest, and how far before the beginning it may start."""

    kind: Kind
    issuer: str
    begin: str
    rest: str
    lead: str = ""
    """A pattern of fixed length that stands before `begin`."""


_A, _C, _G, _PAY, _S = Kind.PROVIDER_KEY, Kind.CLOUD_KEY, Kind.GIT_TOKEN, Kind.PAYMENT_KEY, Kind.SERVICE_TOKEN
_W, _N, _X = "[A-Za-z0-9_-]", "[A-Za-z0-9]", "[0-9a-fA-F]"

FORMATS: Final[tuple[Format, ...]] = (
    # Model providers. The longer beginning stands before the shorter one.
    Format(_A, "Anthropic", "sk-ant-", rf"{_W}{{20,250}}+"),
    Format(_A, "OpenAI, OpenRouter, DeepSeek, Langfuse", "sk-", rf"{_W}{{20,250}}+"),
    Format(_A, "OpenAI session", "sess-", rf"{_N}{{40}}"),
    Format(_A, "Hugging Face", "hf_", rf"{_N}{{30,40}}"),
    Format(_A, "Hugging Face organization", "api_org_", rf"{_N}{{30,40}}"),
    Format(_A, "Groq", "gsk_", rf"{_N}{{40,60}}"),
    Format(_A, "xAI", "xai-", rf"{_N}{{40,120}}"),
    Format(_A, "Perplexity", "pplx-", rf"{_N}{{40,60}}"),
    Format(_A, "Replicate", "r8_", rf"{_N}{{32,45}}"),
    Format(_A, "Fireworks", "fw_", rf"{_N}{{20,40}}"),
    Format(_A, "NVIDIA", "nvapi-", rf"{_W}{{40,100}}"),
    Format(_A, "Together", "tgp_v1_", rf"{_W}{{30,60}}"),
    Format(_A, "Cerebras", "csk-", rf"{_N}{{40,60}}"),
    Format(_A, "Pinecone", "pcsk_", r"[A-Za-z0-9_]{40,90}"),
    Format(_A, "LangSmith", "lsv2_", rf"(?:pt|sk)_{_X}{{32}}_{_X}{{10}}"),
    Format(_A, "Jina", "jina_", rf"{_W}{{40,70}}"),
    Format(_A, "Voyage", "pa-", rf"{_W}{{43}}(?!{_W})"),
    Format(_A, "ElevenLabs", "sk_", rf"{_X}{{48}}(?!{_N})"),
    Format(_A, "Weights & Biases", "wandb_v1_", rf"{_W}{{40,100}}"),
    Format(_A, "LangChain", "ls__", rf"{_X}{{32}}"),
    Format(_A, "Tavily", "tvly-", rf"{_W}{{24,60}}"),
    Format(_A, "Firecrawl", "fc-", rf"{_X}{{32}}(?!{_N})"),
    Format(_A, "Amazon Bedrock", "bedrock-api-key-", r"[A-Za-z0-9+/=]{40,2000}+"),
    Format(_A, "E2B", "e2b_", rf"{_X}{{40}}"),
    Format(_A, "Apify", "apify_api_", rf"{_N}{{36}}"),
    # Clouds.
    Format(_C, "AWS access key id", "AKIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Format(_C, "AWS temporary key id", "ASIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Format(_C, "AWS bearer", "ABIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Format(_C, "AWS context", "ACCA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Format(_C, "AWS Bedrock", "ABSK", r"[A-Za-z0-9+/]{100,280}={0,2}"),
    Format(_C, "Google API key", "AIza", rf"{_W}{{35}}"),
    Format(_C, "Google Gemini authorization key", "AQ.Ab", rf"{_W}{{30,100}}"),
    Format(_C, "Google OAuth client", "GOCSPX-", rf"{_W}{{28}}"),
    Format(_C, "Google OAuth access", "ya29.", r"[A-Za-z0-9_.-]{20,1000}+"),
    Format(_C, "Azure AD client", "Q~", r"[A-Za-z0-9_~.-]{31,34}", r"[A-Za-z0-9_~.-]{3}[0-9]"),
    Format(_C, "DigitalOcean", "dop_v1_", rf"{_X}{{64}}"),
    Format(_C, "DigitalOcean OAuth", "doo_v1_", rf"{_X}{{64}}"),
    Format(_C, "DigitalOcean refresh", "dor_v1_", rf"{_X}{{64}}"),
    Format(_C, "Databricks", "dapi", rf"{_X}{{32}}(?:-[0-9])?(?!{_N})"),
    Format(_C, "Alibaba", "LTAI", rf"{_N}{{12,24}}(?!{_N})"),
    Format(_C, "Tencent", "AKID", rf"{_N}{{32}}(?!{_N})"),
    Format(_C, "Vault", "hvs.", rf"{_W}{{24,300}}"),
    Format(_C, "Vault batch", "hvb.", rf"{_W}{{24,300}}"),
    Format(_C, "Terraform", ".atlasv1.", rf"{_W}{{60,80}}", rf"{_N}{{14}}"),
    Format(_C, "Pulumi", "pul-", rf"{_X}{{40}}"),
    Format(_C, "Tailscale", "tskey-", rf"{_W}{{20,80}}"),
    Format(_C, "Doppler", "dp.", r"(?:pt|st|ct|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    Format(_C, "Grafana", "glsa_", rf"{_N}{{32}}_{_X}{{8}}"),
    Format(_C, "Grafana Cloud", "glc_", r"[A-Za-z0-9+/]{32,400}={0,2}"),
    Format(_C, "New Relic", "NRAK-", r"[A-Z0-9]{27}"),
    Format(_C, "Supabase", "sbp_", rf"{_X}{{40}}"),
    Format(_C, "Supabase secret", "sb_secret_", rf"{_W}{{20,60}}"),
    Format(_C, "Heroku", "HRKU-", rf"{_W}{{30,80}}"),
    Format(_C, "Fly", "fm2_", r"[A-Za-z0-9+/=]{60,2000}+"),
    Format(_C, "Amazon MWS", "amzn.mws.", rf"{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}"),
    Format(_C, "Amazon OAuth", "amzn1.oa2-cs.v1.", rf"{_X}{{64}}"),
    Format(_C, "Yandex", "AQVN", rf"{_W}{{35,38}}(?!{_W})"),
    Format(_C, "Yandex OAuth", "y0_", rf"{_W}{{55,62}}(?!{_W})"),
    Format(_C, "OpenShift", "sha256~", rf"{_W}{{43}}"),
    Format(_C, "Vercel", "vercel_blob_rw_", rf"{_N}{{16}}_{_N}{{30}}"),
    *(Format(_C, "Vercel", f"{word}_", rf"{_N}{{48,60}}(?!{_N})") for word in ("vcp", "vci", "vca", "vcr", "vck")),
    Format(_C, "Netlify", "nfp_", rf"{_N}{{36,40}}"),
    Format(_C, "Render", "rnd_", rf"{_N}{{24,40}}"),
    Format(_C, "Neon", "napi_", rf"{_N}{{60,70}}"),
    *(Format(_C, "PlanetScale", f"pscale_{word}_", rf"{_W}{{32,64}}") for word in ("tkn", "pw", "oauth")),
    Format(_C, "Planet", "PLAK", rf"{_X}{{32}}(?!{_N})"),
    Format(_C, "Scalingo", "tk-us-", rf"{_W}{{48}}"),
    Format(_C, "Prefect", "pnu_", rf"{_N}{{36}}"),
    Format(_C, "New Relic insert", "NRII-", rf"{_W}{{32}}"),
    Format(_C, "New Relic browser", "NRJS-", rf"{_X}{{19}}(?!{_N})"),
    Format(_C, "Grafana, older", "eyJrIjoi", rf"{_N}{{70,400}}+={{0,3}}"),
    # Git.
    *(Format(_G, "GitHub", f"gh{letter}_", r"[A-Za-z0-9_]{36,255}+") for letter in "pousr"),
    Format(_G, "GitHub fine-grained", "github_pat_", r"[A-Za-z0-9_]{36,255}+"),
    *(
        Format(_G, "GitLab", f"{word}-", rf"{_W}{{20,300}}+(?:\.[a-z0-9]{{2}}\.[a-z0-9]{{7,9}})?")
        for word in "glpat gldt glrt glcbt glptt glft glimt glagent gloas glsoat glffct".split()
    ),
    Format(_G, "Bitbucket", "ATBB", rf"{_N}{{32}}"),
    Format(_G, "Atlassian", "ATATT3", r"[A-Za-z0-9_=-]{60,400}+"),
    Format(_G, "Atlassian access", "ATCTT3", r"[A-Za-z0-9_=-]{60,400}+"),
    Format(_G, "GitLab runner", "GR1348941", rf"{_W}{{20}}"),
    # Payments.
    *(
        Format(_PAY, "Stripe, Paystack", f"{word}_{mode}_", rf"{_N}{{16,250}}+")
        for word in ("sk", "rk") for mode in ("live", "test", "prod")
    ),
    Format(_PAY, "Stripe webhook", "whsec_", r"[A-Za-z0-9+/]{24,64}={0,2}"),
    Format(_PAY, "Square access", "sq0atp-", rf"{_W}{{22}}"),
    Format(_PAY, "Square OAuth", "sq0csp-", rf"{_W}{{43}}"),
    Format(_PAY, "Square", "EAAA", rf"{_W}{{56,64}}(?!{_W})"),
    *(Format(_PAY, "Shopify", f"{word}_", rf"{_X}{{32}}") for word in ("shpat", "shpss", "shpca", "shppa")),
    Format(_PAY, "Razorpay", "rzp_live_", rf"{_N}{{14}}"),
    Format(_PAY, "Razorpay", "rzp_test_", rf"{_N}{{14}}"),
    Format(_PAY, "Flutterwave", "FLWSECK", r"(?:_TEST)?-[0-9a-zA-Z]{32}-X"),
    Format(_PAY, "Braintree", "access_token$", rf"(?:production|sandbox)\$[a-z0-9]{{16}}\${_X}{{32}}"),
    Format(_PAY, "PayPal", "A21AA", rf"{_W}{{60,120}}"),
    *(Format(_PAY, "Shippo", f"shippo_{mode}_", rf"{_X}{{40}}") for mode in ("live", "test")),
    *(Format(_PAY, "Duffel", f"duffel_{mode}_", rf"{_W}{{43}}") for mode in ("live", "test")),
    *(Format(_PAY, "Lob", f"{mode}_", rf"(?:pub_)?{_X}{{35}}(?!{_N})") for mode in ("live", "test")),
    Format(_PAY, "Plaid", "access-", rf"(?:sandbox|development|production)-{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}"),
    # Messages, mail, packages, tools.
    *(Format(_S, "Slack", f"xox{letter}-", rf"{_W}{{10,250}}+") for letter in "abeoprs"),
    Format(_S, "Slack rotation", "xoxe.", rf"xox[bp]-{_W}{{10,250}}+"),
    Format(_S, "Slack app", "xapp-", rf"{_W}{{20,250}}+"),
    Format(_S, "Twilio API key", "SK", rf"[0-9a-f]{{32}}(?!{_N})"),
    Format(_S, "Twilio account", "AC", rf"[0-9a-f]{{32}}(?!{_N})"),
    Format(_S, "SendGrid", "SG.", rf"{_W}{{16,32}}\.{_W}{{32,64}}"),
    Format(_S, "Mailgun", "key-", rf"[0-9a-zA-Z]{{32}}(?!{_N})"),
    Format(_S, "Brevo", "xkeysib-", rf"{_X}{{64}}-{_N}{{16}}"),
    Format(_S, "Resend", "re_", rf"{_N}{{6,12}}_{_N}{{20,32}}"),
    Format(_S, "npm", "npm_", rf"{_N}{{36}}"),
    Format(_S, "PyPI", "pypi-", rf"{_W}{{50,500}}+"),
    Format(_S, "RubyGems", "rubygems_", rf"{_X}{{48}}"),
    Format(_S, "crates.io", "cio", rf"{_N}{{32}}(?!{_N})"),
    Format(_S, "NuGet", "oy2", rf"[a-z0-9]{{43}}(?!{_N})"),
    Format(_S, "Docker", "dckr_pat_", rf"{_W}{{27,60}}"),
    Format(_S, "Telegram bot", ":AA", rf"{_W}{{32,34}}(?!{_W})", r"[0-9]{8,10}"),
    Format(_S, "Facebook", "EAA", rf"{_N}{{80,300}}+"),
    Format(_S, "Linear", "lin_api_", rf"{_N}{{40}}"),
    Format(_S, "Notion", "ntn_", rf"{_N}{{40,60}}"),
    Format(_S, "Notion", "secret_", rf"{_N}{{43}}(?!{_N})"),
    Format(_S, "Postman", "PMAK-", rf"{_X}{{24}}-{_X}{{34}}"),
    Format(_S, "Figma", "figd_", rf"{_W}{{38,50}}"),
    Format(_S, "Sentry", "sntrys_", r"[A-Za-z0-9+/=_-]{60,500}+"),
    Format(_S, "Sentry user", "sntryu_", rf"{_X}{{64}}"),
    Format(_S, "PostHog", "phx_", rf"{_N}{{40,60}}"),
    Format(_S, "Dynatrace", "dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Format(_S, "age", "AGE-SECRET-KEY-1", r"[A-Z0-9]{58}"),
    Format(_S, "Contentful", "CFPAT-", rf"{_W}{{43}}"),
    Format(_S, "HubSpot", "pat-", rf"(?:na|eu)[0-9]-{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}"),
    Format(_S, "Airtable", "pat", rf"{_N}{{14}}\.{_X}{{64}}"),
    Format(_S, "EasyPost", "EZAK", rf"{_N}{{54}}"),
    Format(_S, "1Password", "ops_eyJ", rf"{_W}{{200,2000}}+"),
    Format(_S, "Mapbox", "sk.eyJ", rf"{_W}{{40,300}}+\.{_W}{{20,40}}"),
    Format(_S, "Buildkite", "bkua_", rf"{_X}{{40}}"),
    Format(_S, "CircleCI", "CCIPAT_", rf"{_N}{{20,24}}_{_X}{{40}}"),
    Format(_S, "Sourcegraph", "sgp_", rf"(?:[0-9a-f]{{16}}_|local_)?{_X}{{40}}"),
    Format(_S, "Typeform", "tfp_", rf"{_W}{{40,70}}"),
    Format(_S, "Twitter bearer", "AAAAAAAAAAAAAAAAAAAA", r"[A-Za-z0-9%=]{40,140}+"),
    Format(_S, "Instagram", "IGQV", rf"{_W}{{60,300}}+"),
    Format(_S, "Slack cookie", "xoxd-", r"[A-Za-z0-9%_-]{20,400}+"),
    *(Format(_S, "SonarQube", f"sq{letter}_", rf"{_X}{{40}}") for letter in "upa"),
    Format(_S, "JFrog", "AKCp", rf"{_N}{{60,80}}"),
    Format(_S, "JFrog reference", "cmVmdGtu", rf"{_N}{{50,70}}"),
    *(Format(_S, "LaunchDarkly", f"{word}-", rf"{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}") for word in ("sdk", "api")),
    Format(_S, "Dropbox", "sl.", rf"(?:u\.)?{_W}{{100,1400}}+"),
    Format(_S, "Adafruit", "aio_", rf"{_N}{{28}}(?!{_N})"),
    Format(_S, "Clojars", "CLOJARS_", rf"{_X}{{60}}"),
    Format(_S, "Frame.io", "fio-u-", rf"{_W}{{64}}"),
    Format(_S, "ReadMe", "rdme_", rf"{_N}{{70}}"),
    Format(_S, "Infracost", "ico-", rf"{_N}{{32}}(?!{_N})"),
    Format(_S, "EasyPost test", "EZTK", rf"{_N}{{54}}"),
    Format(_S, "Octopus Deploy", "API-", r"[A-Z0-9]{25,30}(?![A-Za-z0-9])"),
    Format(_S, "Linear OAuth", "lin_oauth_", rf"{_N}{{40,70}}"),
    Format(_S, "Browserbase", "bb_live_", rf"{_W}{{24,40}}"),
    Format(_S, "Brave Search", "BSA", rf"{_W}{{28}}(?!{_W})"),
    Format(_S, "Unkey", "unkey_", rf"{_N}{{20,40}}"),
    Format(_S, "ClickUp", "pk_", r"[0-9]{6,10}_[A-Z0-9]{32}(?![A-Za-z0-9])"),
    Format(_S, "Canva", "cnvca", rf"{_W}{{40,60}}"),
    Format(_S, "Harness", "pat.", rf"{_W}{{22}}\.{_X}{{24}}\.{_N}{{20}}"),
    Format(_S, "Docker organization", "dckr_oat_", rf"{_W}{{27,60}}"),
    Format(_S, "Bitcoin, extended", "xprv", r"[1-9A-HJ-NP-Za-km-z]{100,112}"),
)  # fmt: skip

WHOLE: Final[tuple[tuple[Kind, str, str], ...]] = (
    # Known by the whole, not by the beginning: kind, issuer, the pattern from the first character of a run on.
    (_S, "Discord bot", rf"[MNO]{_W}{{23,27}}\.{_W}{{6}}\.{_W}{{27,40}}"),
    (_S, "Mailchimp", rf"[0-9a-f]{{32}}-us[0-9]{{1,2}}(?!{_W})"),
    (_S, "Mailgun", rf"[0-9a-f]{{32}}-[0-9a-f]{{8}}-[0-9a-f]{{8}}(?!{_W})"),
    (_S, "Asana", r"(?<=[0-9]/)[0-9]{16}:[0-9a-f]{32}(?![A-Za-z0-9])"),
    (_S, "Fal", rf"{_X}{{8}}(?:-{_X}{{4}}){{3}}-{_X}{{12}}:{_X}{{32}}(?!{_N})"),
    (_S, "Bitcoin", r"[5KL][1-9A-HJ-NP-Za-km-z]{50,51}(?![A-Za-z0-9_-])"),
    (_C, "Google OAuth refresh", rf"(?<=1//)0{_W}{{40,120}}"),
    (_C, "Google OAuth code", rf"(?<=4/)0A{_W}{{60,120}}"),
    (_C, "Cloudflare origin", r"(?<=v1\.)0-[0-9a-f]{24}-[0-9a-f]{146}"),
    (_C, "Azure DevOps", rf"{_N}{{76}}AZDO{_N}{{4}}"),
)
