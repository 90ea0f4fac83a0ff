"""Addresses for staff and monitors."""

from django.urls import path

from simlane.monitoring import views

app_name = "watch"

urlpatterns = [
    path("metrics", views.metrics_page, name="metrics"),
    path("staff/rollout/", views.rollout, name="rollout"),
]
