"""Who may open the operator's pages: a person marked by `manage.py make_operator`, with a second factor and fresh."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from casehug.firms.fresh import ask_again, is_fresh
from casehug.firms.models import User

View = Callable[..., HttpResponse]


def operator_page(view: View) -> View:
    """Decorate a page: anonymous → sign-in; not an operator → 404; without second factor → its set-up; stale → again.

    Where `OPERATOR_STRICT` is off (local runs) the second factor is not asked for and only a POST has to be fresh.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        assert isinstance(request.user, User)
        if not request.user.is_operator:
            raise Http404
        if settings.OPERATOR_STRICT and not Authenticator.objects.filter(user=request.user).exists():
            messages.info(request, "An operator needs a second factor. Set one up, then open Operations again.")
            return redirect("mfa_index")
        if request.method == "POST" and not is_fresh(request):
            return ask_again(request)
        if settings.OPERATOR_STRICT and not is_fresh(request):
            address = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('account_reauthenticate')}?{address}")
        return view(request, *args, **kwargs)

    return page
