"""Fills the tables of the Django peer as the old service would have, and prints who is in them as JSON.

Run in bench/peers/django with the peer's environment. Every hasher and every token is Django's and simplejwt's own.
"""
import base64
import hashlib
import json
import os
import sys
from datetime import datetime, timedelta, timezone

import django
from django.core.management import call_command

sys.path.insert(0, os.getcwd())
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'peer.settings')
django.setup()
call_command('migrate', verbosity=0)

from django.contrib.auth.hashers import make_password  # noqa: E402
from rest_framework_simplejwt.serializers import TokenRefreshSerializer  # noqa: E402
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402

from accounts.models import CustomUser  # noqa: E402

LAST_LOGIN = datetime(2025, 12, 31, 23, 59, 59, 123456, tzinfo=timezone.utc)


def scrypt(password):
    """As ScryptPasswordHasher of Django 4 encodes it; Debian 12 has Django 3.2."""
    digest = hashlib.scrypt(password.encode(), salt=b'saltofscrypt', n=2**14, r=8, p=1, maxmem=2**26)
    return 'scrypt$16384$saltofscrypt$8$1$' + base64.b64encode(digest).decode()


def person(name, hashed, password, **fields):
    user = CustomUser.objects.create(
        **{'email': f'{name}@example.com', 'password': hashed, 'last_login': LAST_LOGIN, 'first_name': name, **fields}
    )
    return {'id': user.id, 'email': user.email, 'password': password, 'hash': hashed}


def people():
    for hasher in ['pbkdf2_sha256', 'pbkdf2_sha1', 'argon2', 'bcrypt_sha256', 'bcrypt']:
        password = f'{hasher} paßwort 🔑'
        yield hasher, person(hasher, make_password(password, hasher=hasher), password)
    yield 'scrypt', person('scrypt', scrypt('scrypt paßwort 🔑'), 'scrypt paßwort 🔑')
    emoji = person(
        'Emoji', make_password('quite a long one'), 'quite a long one', first_name='Zoë 🦊', last_name='名前 🏔️', last_login=None
    )
    yield 'emoji', emoji
    yield 'unusable', person('unusable', make_password(None), '')
    yield 'inactive', person('inactive', make_password('was here once'), 'was here once', is_active=False)


def tokens(of):
    """Refresh tokens in every state, by what is to be said of them."""
    user = {key: CustomUser.objects.get(pk=one['id']) for key, one in of.items()}
    yield 'open', RefreshToken.for_user(user['argon2'])
    yield 'second', RefreshToken.for_user(user['bcrypt_sha256'])

    loggedOut = RefreshToken.for_user(user['bcrypt'])
    loggedOut.blacklist()
    yield 'blacklisted', loggedOut

    # A rotated one leaves no row of its own until it is blacklisted, and then one without a user.
    first = RefreshToken.for_user(user['scrypt'])
    second = rotate(first)
    third = rotate(second)
    assert OutstandingToken.objects.get(jti=second['jti']).user_id is None
    assert not OutstandingToken.objects.filter(jti=third['jti']).exists()
    yield 'rotated first', first
    yield 'rotated second', second
    yield 'rotated last', third

    yield 'of inactive', RefreshToken.for_user(user['inactive'])

    leaver = CustomUser.objects.create(email='leaver@example.com', password=make_password('gone'))
    yield 'of deleted', RefreshToken.for_user(leaver)
    leaver.delete()

    for name, age in [('expired', timedelta(seconds=1)), ('expired long ago', timedelta(days=30))]:
        token = RefreshToken()
        token['user_id'] = user['emoji'].id
        token.set_exp(from_time=datetime.now(timezone.utc), lifetime=-age)
        keep(token, user['emoji'], str(token))
        yield name, token
    keep(RefreshToken(), user['emoji'], 'no token at all')


def rotate(token):
    serializer = TokenRefreshSerializer(data={'refresh': str(token)})
    serializer.is_valid(raise_exception=True)
    return RefreshToken(serializer.validated_data['refresh'])


def keep(token, user, text):
    expires_at = datetime.fromtimestamp(token['exp'], timezone.utc)
    OutstandingToken.objects.create(user=user, jti=token['jti'], token=text, created_at=None, expires_at=expires_at)


of = dict(people())
print(json.dumps({'people': of, 'tokens': {name: str(token) for name, token in tokens(of)}}))
