"""Addresses of the help pages."""

from django.urls import path

from simlane.help import views

app_name = "help"

urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.article, name="article"),
]
