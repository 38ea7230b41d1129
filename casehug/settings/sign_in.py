"""Settings of signing in: accounts, second factor, sessions, and how long a sign-in counts as fresh."""

AUTH_USER_MODEL = "firms.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_ADAPTER = "casehug.firms.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[CaseHug] "  # not the host name and port
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Dangerous acts ask again for the password or the second factor after this long.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
LOGIN_LIMIT_PER_ACCOUNT, LOGIN_LIMIT_PER_ADDRESS, LOGIN_WINDOW_SECONDS = 5, 20, 900

# --- Second factor: authenticator app, recovery codes, passkeys ----------------------------------------------------
MFA_ADAPTER = "casehug.firms.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_FORMS = {
    "authenticate": "casehug.firms.second_factor.AuthenticateForm",
    "reauthenticate": "casehug.firms.second_factor.ReauthenticateForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "CaseHug"
MFA_TOTP_TOLERANCE = 1  # one step either way: phones' clocks differ
# Members are invited by e-mail or added by the operator; there is no separate verification of the address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
MFA_LIMIT_PER_ACCOUNT = 5
# What else hangs on the key-encryption key besides the data keys of firms: resealing, and the key ids in use.
RESEAL_HOOKS = ["casehug.firms.second_factor.reseal_all"]
KEK_USE_HOOKS = ["casehug.firms.second_factor.kek_ids"]

SESSION_IDLE_SECONDS, SESSION_ABSOLUTE_SECONDS = 15 * 60, 12 * 3600
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"  # the return from the provider's consent page needs Lax
CSRF_FAILURE_VIEW = "casehug.firms.error_pages.csrf_failure"
