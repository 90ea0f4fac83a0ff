from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0001_initial")]

    operations = [
        migrations.AddField("simulator", "slug", models.SlugField(max_length=100, null=True)),
    ]
