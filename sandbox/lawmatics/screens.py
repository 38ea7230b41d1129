"""The small CRM screen."""
from django.http import HttpResponse
from django.urls import path
ROUTES=[path("", lambda r: HttpResponse("screen"))]
