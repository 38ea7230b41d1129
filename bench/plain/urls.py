"""The two views to compare with: read the body and answer; read the body, keep it with one durable insert, answer."""

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Answer 200 to a body that was read."""
    return HttpResponse(str(len(request.body)))


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Answer 200 to a body that is on disk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_plain_event (event_id, body) VALUES (%s, %s)",
            [request.headers.get("X-Lawmatics-Event-Id", ""), request.body],
        )
    return HttpResponse("Kept.")


urlpatterns = [path("admin/", admin.site.urls), path("bare", bare), path("insert", insert)]
