"""Routes of the operator."""

from django.urls import path

from casehug.operations import metrics, views

urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
    path("operations/", views.operations, name="operations"),
    path("operations/<slug:operation>/", views.act, name="operations_act"),
]
