"""A member's notifications, which of them come by e-mail too, and the way out that a mail carries."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from simlane.users.models import Notification, User
from simlane.users.notifications.groups import GROUPS, Group, choices, choose, groups_for
from simlane.users.notifications.mails import address, read_token
from simlane.users.notifications.result_texts import look_up
from simlane.users.notifications.texts import text
from simlane.users.views.access import member, member_page
from simlane.web.keyset import Order
from simlane.web.listing import paged, show

NEWEST_FIRST = Order("created_at", descending=True)
FORGED = (
    "This address to stop e-mails is not one of ours, or it was cut off on its way. Nothing was changed. Copy the "
    "whole address out of the mail, or sign in and choose your e-mails under Notifications."
)


@member_page()
def notifications(request: HttpRequest) -> HttpResponse:
    """The notifications, newest first."""
    page = paged(request, Notification.objects.filter(user=member(request).pk), NEWEST_FIRST)
    look_up(page.items, member(request))
    items = [(each, text(each)) for each in page.items]
    return show(request, "users/notifications.html", {"page": page, "items": items})


@member_page("POST", limit="notifications")
def read(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Mark one as read; with `open`, and go where it leads."""
    mine = Notification.objects.filter(user=member(request).pk)
    notification = get_object_or_404(mine, pk=notification_id)
    if request.method == "POST":
        mine.filter(pk=notification.pk, read_at__isnull=True).update(read_at=timezone.now())
        if "open" in request.POST:
            look_up([notification], member(request))
            return redirect(text(notification).link.path)
    return _back(request)


@member_page("POST", limit="notifications")
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    if request.method == "POST":
        unread = Notification.objects.filter(user=member(request).pk, read_at__isnull=True)
        unread.update(read_at=timezone.now())
    return _back(request)


@member_page("POST", limit="notifications")
def preferences(request: HttpRequest) -> HttpResponse:
    """Which kinds come by e-mail too."""
    user = member(request)
    offered = groups_for(staff=user.is_staff)
    if request.method == "POST":
        wanted = set(request.POST.getlist("mail"))
        if unknown := wanted - {group.name for group in offered}:
            raise BadRequest(f"There are no e-mails called “{min(unknown)[:40]}”. Nothing was changed.")
        choose(user.pk, {group.name: group.name in wanted for group in offered})
        messages.success(request, "Saved.")
        return redirect("users:notification_preferences")
    chosen = choices([user.pk])
    groups = [(group, chosen.get((user.pk, group.name), group.by_default)) for group in offered]
    return show(request, "users/notification_preferences.html", {"groups": groups, "address": address(user)})


# No session and no CSRF cookie: a mail provider may click. The signed token is the permission.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more e-mails of the mail's group; a GET only asks (RFC 8058). Again does no harm."""
    found = read_token(token)
    if found is None:
        raise BadRequest(FORGED)
    account, group = found
    ended: tuple[Group, ...] = ()
    if request.method == "POST":
        ended = GROUPS if "all" in request.POST else (group,)
        # Nobody writes to an account that has gone.
        if User.objects.filter(pk=account).exists():
            choose(account, {each.name: False for each in ended})
    response = render(request, "users/unsubscribe.html", {"group": group, "ended": ended})
    add_never_cache_headers(response)
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of the list that the form stood on."""
    target = request.POST.get("next", "")
    if target.startswith("/users/notifications/?") and url_has_allowed_host_and_scheme(target, None):
        return redirect(target)
    return redirect("users:notifications")
